// What the versions are asked for.
import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client";

// versionsQuery are the newest versions of mosquitto.conf: enough to find the one before the live one.
export const versionsQuery = queryOptions({
  queryKey: ["config", "versions", "newest"],
  queryFn: ({ signal }) =>
    take(api.GET("/config/versions", { params: { query: { file: "broker", limit: 50 } }, signal })),
});

export const versionQuery = (id: number, against: string) =>
  queryOptions({
    queryKey: ["config", "version", id, against],
    queryFn: ({ signal }) =>
      take(api.GET("/config/versions/{id}", { params: { path: { id }, query: { against } }, signal })),
  });
