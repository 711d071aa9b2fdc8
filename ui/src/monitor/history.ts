// The history of the broker's figures, asked for as often as it has anything new to say.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";
import type { Range } from "../ui/range";

export type History = Schemas["HistoryAnswer"];

const points = 400;

// pace is how often a range is worth asking for again, in ms: about as long as one point of it lasts.
export function pace(range: Range): number {
  return Math.max(5_000, Math.min(300_000, (range.to - range.from) / points));
}

// useHistory returns the figures of a range. A range that moves is asked for by its length, so that its end stays now.
export function useHistory(metrics: string[], range: Range) {
  const seconds = Math.round((range.to - range.from) / 1000);
  const key = range.moving ? [seconds] : [range.from, range.to];
  return useQuery({
    queryKey: ["history", metrics, ...key],
    queryFn: ({ signal }) => {
      const query = range.moving
        ? { metric: metrics, from: `${seconds}s`, points }
        : { metric: metrics, from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), points };
      return take(api.GET("/monitor/history", { params: { query }, signal }));
    },
    refetchInterval: range.moving ? pace(range) : false,
    placeholderData: keepPreviousData,
  });
}

// seriesOf returns one figure of an answer with the label that the chart shows.
export function seriesOf(history: History | undefined, metric: string, label: string) {
  const found = history?.series.find((s) => s.metric === metric);
  return { label, points: (found?.points ?? []) as (number | null)[][] };
}
