// What is asked of the server about alerts, and how it is kept fresh.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, type Schemas, take } from "../api/client";
import { useMay } from "../frame/session";
import { useChannel } from "../live/live";
import { countInTitle } from "../ui/title";

export type Alert = Schemas["Alert"];
export type AlertDetail = Schemas["AlertDetail"];
export type AlertPage = Schemas["AlertPage"];
export type Entity = Schemas["Entity"];
export type Metric = Schemas["Metric"];
export type Point = Schemas["ChartPoint"];

export interface Asked {
  status?: Alert["status"][];
  severity?: Alert["severity"];
  kind?: string;
  entity?: string;
  from?: string;
}

// alertsKey is what the stream makes old.
const alertsKey = ["ai", "alerts"] as const;

export const alertQuery = (id: number) =>
  queryOptions({
    queryKey: [...alertsKey, "one", id],
    queryFn: ({ signal }) => take(api.GET("/ai/alerts/{id}", { params: { path: { id } }, signal })),
  });

export const alertsQuery = (asked: Asked, limit: number) =>
  queryOptions({
    queryKey: [...alertsKey, "list", asked, limit],
    queryFn: ({ signal }) => take(api.GET("/ai/alerts", { params: { query: { ...asked, limit } }, signal })),
  });

// pressing are the alerts that nobody has seen yet, and somebody should.
const pressing: Asked = { status: ["open"], severity: "medium" };

// usePressing returns how many alerts nobody has seen yet.
export function usePressing(): number {
  const may = useMay("anomaly:read");
  return useQuery({ ...alertsQuery(pressing, 1), enabled: may }).data?.total ?? 0;
}

const settle = 300; // ms in which many changes become one request

// useAlertNews makes what is known of alerts old whenever the server says that one has changed, and counts in the
// browser's title. The frame calls it, so it holds on every page.
export function useAlertNews(): void {
  const client = useQueryClient();
  const may = useMay("anomaly:read");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useChannel(may ? "/ai/stream" : null, () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: alertsKey });
    }, settle);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  const open = usePressing();
  useEffect(() => countInTitle(open), [open]);
}

// useChanged returns what to do with an alert as the server has answered it: everything that shows it is asked anew.
export function useChanged(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: alertsKey });
}
