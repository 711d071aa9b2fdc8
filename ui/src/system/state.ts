// What several sections of settings ask the server for.
import { queryOptions } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";

export type System = Schemas["Report"];

export const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: ({ signal }) => take(api.GET("/system", { signal })),
  refetchInterval: 5_000,
});

export const observationQuery = queryOptions({
  queryKey: ["settings", "monitor"],
  queryFn: ({ signal }) => take(api.GET("/settings/monitor", { signal })),
});

export const recordingQuery = queryOptions({
  queryKey: ["settings", "clientlogs"],
  queryFn: ({ signal }) => take(api.GET("/settings/clientlogs", { signal })),
  refetchInterval: 5_000,
});
