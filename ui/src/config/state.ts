// What the tabs of the page Configuration ask the server for, and what they hear from it.
import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { asProblem } from "../api/problem";
import { useChannel } from "../live/live";
import { mendable } from "./mendable";

export type Config = Schemas["BrokerConfig"];
export type Setting = Schemas["ConfSetting"];
export type Definition = Schemas["SettingDefinition"];
export type ConfProblem = Schemas["ConfProblem"];
export type Change = Schemas["BrokerChange"];
export type SettingChange = Schemas["SettingChange"];
export type Checked = Schemas["Checked"];
export type FileDiff = Schemas["FileDiff"];
export type Effect = Schemas["ConfEffect"];
export type Version = Schemas["ConfVersion"];

// Live is the configuration as it is on disk, with the entity tag that a change of it is bound to.
export interface Live {
  config: Config;
  etag: string;
}

const stream = "/config/stream";

export const liveQuery = queryOptions({
  queryKey: ["config", "live"],
  queryFn: async ({ signal }): Promise<Live> => {
    const { data, response } = await api.GET("/config/broker", { signal });
    const config = data as Config;
    return { config: { ...config, problems: mendable(config) }, etag: response.headers.get("ETag") ?? "" };
  },
  // What the broker runs with changes without a file being changed, as when it is restarted. Files that are out of reach
  // stay so.
  refetchInterval: ({ state }) => (state.status === "error" && asProblem(state.error).status === 409 ? false : 15_000),
});

export const catalogueQuery = queryOptions({
  queryKey: ["config", "catalogue"],
  queryFn: ({ signal }) => take(api.GET("/config/catalogue", { signal })),
  staleTime: 60_000,
});

// check asks what a change would do. Trying it out by the broker's own program takes up to some seconds.
export async function check(change: Change, trying: boolean, signal?: AbortSignal): Promise<Checked> {
  const params = { query: { try: trying } };
  const checked = await take(api.POST("/config/broker/validate", { params, body: change, signal }));
  return { ...checked, problems: mendable(checked) };
}

export type ChangedEvent = { file: "broker" | "dynsec"; outside: boolean; version: number };

// useNews makes fresh what is shown whenever files have changed, and tells of each change that came from outside.
export function useNews(onOutside: (event: ChangedEvent) => void): void {
  const queries = useQueryClient();
  useChannel(stream, ({ event, data }) => {
    if (event !== "changed") return;
    const changed = data as ChangedEvent;
    void queries.invalidateQueries({ queryKey: ["config"] });
    if (changed.outside) onOutside(changed);
  });
}

export interface Step {
  step: string;
  at: string;
  detail?: string;
}

// watchName is a name for the steps of one change. It need not be secret, and crypto.randomUUID is not there on plain
// http.
function watchName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
}

// useSteps follows the steps of changes that are made here. begin returns the name to give to the request.
export function useSteps(): { steps: Step[]; begin: () => string } {
  const [watched, setWatched] = useState({ name: "", steps: [] as Step[] });
  useChannel(stream, ({ event, data }) => {
    if (event !== "step") return;
    const { watch, ...step } = data as Step & { watch: string };
    setWatched((now) => (watch !== "" && watch === now.name ? { ...now, steps: [...now.steps, step] } : now));
  });
  const begin = () => {
    const name = watchName();
    setWatched({ name, steps: [] });
    return name;
  };
  return { steps: watched.steps, begin };
}
