// What the page Certificates asks the server for, and how it changes listeners.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";
import { useMay } from "../frame/session";
import type { Lines } from "./lines";

export type Certificates = Schemas["Certificates"];
export type Listener = Schemas["CertificateListener"];
export type ClientCertificate = Schemas["ClientCertificate"];
export type Made = Schemas["MadeCertificate"];
export type Session = Schemas["ConnectedClient"];

export const certsKey = ["certs"];

export const certsQuery = queryOptions({
  queryKey: certsKey,
  queryFn: ({ signal }) => take(api.GET("/certs", { signal })),
  refetchInterval: 10_000, // listeners' files are looked at anew each time
});

export const authorityQuery = queryOptions({
  queryKey: [...certsKey, "pem"],
  queryFn: async ({ signal }): Promise<string> => {
    const { data } = await api.GET("/certs/authority/{form}", {
      params: { path: { form: "pem" } },
      parseAs: "text",
      signal,
    });
    return data as unknown as string;
  },
  staleTime: 60_000,
});

// change has the broker use other listeners: checked, tried, applied and proven, or put back.
export async function change(lines: Lines, comment: string): Promise<void> {
  await take(api.PUT("/config/broker", { body: { changes: lines, comment } }));
}

const most = 1000; // sessions that are looked at

// useSessions is who is connected, ourselves left out; more says that there are others.
export function useSessions() {
  const may = useMay("monitor:read");
  const sessions = useQuery({
    queryKey: [...certsKey, "sessions"],
    queryFn: async ({ signal }) => {
      const page = await take(api.GET("/monitor/clients", { params: { query: { limit: most } }, signal }));
      return { known: page.known, more: Boolean(page.next_cursor), all: page.clients.filter((c) => !c.own) };
    },
    enabled: may,
    refetchInterval: 10_000,
  });
  return sessions.data;
}
