// Loading what a client may do.
import { useQueries, useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { type Client, groupQuery, roleQuery } from "../dynsec/objects";
import { effective, sourcesOf } from "./effective";

// useRules loads what holds for a client, or for those without an account, who carry what the anonymous group gives.
export function useRules(account: Client | null) {
  const anonymous = useQuery({
    queryKey: ["dynsec", "anonymous-group"],
    queryFn: ({ signal }) => take(api.GET("/dynsec/anonymous-group", { signal })),
    enabled: account === null,
  });
  const groupnames =
    account?.groups.map((g) => g.groupname) ??
    [anonymous.data?.groupname].filter((name): name is string => Boolean(name));
  const groups = useQueries({ queries: groupnames.map((name) => groupQuery(name)) });
  const loadedGroups = groups.flatMap((g) => (g.data ? [g.data.value] : []));
  const sources = sourcesOf(account?.roles ?? [], loadedGroups);
  const names = [...new Set(sources.map((s) => s.rolename))];
  const roles = useQueries({ queries: names.map((name) => roleQuery(name)) });
  const byName = new Map(roles.flatMap((r) => (r.data ? [[r.data.value.rolename, r.data.value] as const] : [])));
  const access = useQuery({
    queryKey: ["dynsec", "default-access"],
    queryFn: ({ signal }) => take(api.GET("/dynsec/default-access", { signal })),
  });
  const all = [...groups, ...roles, access];
  return {
    rules: effective(sources, byName),
    access: access.data,
    group: account ? undefined : anonymous.data?.groupname,
    waiting: all.some((q) => q.isPending) || (account === null && anonymous.isPending),
    problem: all.find((q) => q.isError)?.error,
  };
}
