// The broker's figures, kept fresh by the stream.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";
import { useChannel } from "../live/live";

export type Stats = Schemas["Stats"];

export const statsQuery = queryOptions({
  queryKey: ["stats"],
  queryFn: ({ signal }) => take(api.GET("/monitor/stats", { signal })),
  staleTime: 5_000,
});

// countsPackets is whether packets of every kind have to stand for the messages that come in: Mosquitto 2.0 leaves
// those that are retained, and those of QoS 2, out of its count of messages.
export function countsPackets(stats: Stats): boolean {
  return stats.broker.version?.startsWith("2.0.") ?? false;
}

// useStats returns the newest figures. Whoever calls it follows the stream as long as it stands on the page.
export function useStats() {
  const client = useQueryClient();
  useChannel("/monitor/stream?events=stats", ({ event, data }) => {
    if (event === "stats") client.setQueryData(statsQuery.queryKey, data as Stats);
  });
  return useQuery(statsQuery);
}
