// Long lists come in pages: usePages asks for the next one when the table nears its end.
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

export interface Page<T> {
  rows: T[];
  total?: number | null | undefined;
  next: string | undefined; // cursor or offset of the page behind; undefined at the end
}

interface Options<T> {
  key: readonly unknown[]; // of the query: the list's name and every filter
  load: (from: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  refetchEvery?: number; // ms; only the pages that are loaded
  enabled?: boolean;
}

export function usePages<T>({ key, load, refetchEvery, enabled = true }: Options<T>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: refetchEvery ?? false,
    enabled,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  return {
    rows,
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
