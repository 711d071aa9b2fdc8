// Links and filters. Paths and queries are plain text here, because pages are a table (pages.tsx) and not a type.
import { Link as RouterLink, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ComponentProps, useCallback, useMemo } from "react";

type Query = Record<string, string | undefined>;

interface LinkProps extends Omit<ComponentProps<"a">, "href"> {
  to: string;
  params?: Record<string, string>;
  search?: Query;
  exact?: boolean; // it is the current page only with the same query
}

// Link leads to another page, as in <Link to="/clients/$id" params={{ id: username }}>.
export function Link({ to, params, search, exact = false, ...rest }: LinkProps) {
  const target = {
    to,
    params,
    search: clean(search ?? {}),
    ...(exact && { activeOptions: { exact } }),
  } as unknown as ComponentProps<typeof RouterLink>;
  return <RouterLink {...target} {...rest} />;
}

// useGo returns a function that leads to another page.
export function useGo(): (
  to: string,
  options?: { params?: Record<string, string>; search?: Query; replace?: boolean },
) => void {
  const navigate = useNavigate();
  return useCallback(
    (to, options = {}) => {
      void navigate({ ...options, to, search: clean(options.search ?? {}) } as unknown as Parameters<
        typeof navigate
      >[0]);
    },
    [navigate],
  );
}

// useParam returns a part of the page's address, decoded.
export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Record<string, string | undefined>;
  return params[name] ?? "";
}

// useFilters returns what stands in the query, and how to change it. "" and undefined take a filter away. Changes of
// what one types replace the entry in the history; others add one, so that back undoes them.
export function useFilters(): [Record<string, string>, (change: Query, replace?: boolean) => void] {
  // The router makes numbers and booleans of what looks like them; they are text again here, as it stood there.
  const read = useSearch({ strict: false }) as Record<string, unknown>;
  const search = useMemo(() => Object.fromEntries(Object.entries(read).map(([k, v]) => [k, String(v)])), [read]);
  const navigate = useNavigate();
  const set = useCallback(
    (change: Query, replace = false) => {
      void navigate({
        to: ".",
        replace,
        search: (before: Query) => clean({ ...before, ...change }),
      } as unknown as Parameters<typeof navigate>[0]);
    },
    [navigate],
  );
  return [search, set];
}

function clean(query: Query): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
