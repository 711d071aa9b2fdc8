// Long lists come in pages: usePages asks for the next one when the table nears its end.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

export interface Page<T> {
  rows: T[];
  total?: number | null | undefined;
  next: string | undefined; // cursor or offset of the page behind; undefined at the end
}

interface Options<P> {
  key: readonly unknown[]; // of the query: the list's name and every filter
  load: (from: string | undefined, signal: AbortSignal) => Promise<P>;
  refetchEvery?: number; // ms; only the pages that are loaded
  still?: boolean; // loaded once, because a stream keeps it fresh: its rows do not move by themselves
  enabled?: boolean;
}

// usePages loads rows of T. P is what a page holds besides its rows.
export function usePages<T, P extends Page<T> = Page<T>>({
  key,
  load,
  refetchEvery,
  still,
  enabled = true,
}: Options<P>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: refetchEvery ?? false,
    enabled,
    ...(still && { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 }),
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  return {
    rows,
    pages: query.data?.pages ?? [],
    total: query.data?.pages[0]?.total,
    // What a Table needs to know of the query.
    table: {
      rows,
      total: query.data?.pages[0]?.total,
      waiting: query.isPending || query.isFetchingNextPage,
      problem: query.isError && !query.data ? query.error : undefined,
      onRetry: () => void query.refetch(),
      hasMore: query.hasNextPage && !query.isFetchingNextPage,
      onMore: () => void query.fetchNextPage(),
      stale: query.isError || query.isPlaceholderData,
    },
    refetch: query.refetch,
  };
}
