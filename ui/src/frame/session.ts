// Who is signed in, and what they may do.
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, onSessionEnd, type Schemas, take } from "../api/client";
import { asProblem } from "../api/problem";
import { reconnect, useStanding } from "../live/live";

export type Me = Schemas["Me"];

export type Permission =
  | "dynsec:read"
  | "dynsec:write"
  | "dynsec:admin"
  | "monitor:read"
  | "monitor:publish"
  | "payload:read"
  | "clientlogs:read"
  | "settings:write"
  | "config:read"
  | "config:write"
  | "config:secrets"
  | "account:self"
  | "users:admin"
  | "audit:read"
  | "anomaly:read"
  | "anomaly:act"
  | "system:read"
  | "system:admin";

const askAgain = 3_000; // ms after no answer

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => take(api.GET("/auth/me", { signal })),
  staleTime: 60_000,
  retry: (tries, error) => asProblem(error).status === 0 && tries < 3,
  refetchInterval: ({ state }) => (state.error && asProblem(state.error).status === 0 ? askAgain : false),
});

const doorQuery = queryOptions({
  queryKey: ["door"],
  queryFn: ({ signal }) => take(api.GET("/auth/setup", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
  refetchInterval: ({ state }) => (state.status === "error" ? askAgain : false),
});

export function useMe(): Me | undefined {
  return useQuery({ ...meQuery, enabled: false }).data;
}

// useMay says whether whoever is signed in may do something. The server decides; this only hides what it would refuse.
export function useMay(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}

// useSession follows the session: it ends whenever an answer says so, and begins anew after signing in.
export function useSession() {
  const client = useQueryClient();
  // A browser writes every 401 into its console: a stranger is not asked who they are.
  const door = useQuery(doorQuery);
  const me = useQuery({ ...meQuery, enabled: door.data?.signed_in === true });
  const [ended, setEnded] = useState(false);
  useEffect(() => onSessionEnd(() => setEnded(true)), []);
  // The stream ends with the session, and with every change of the role: whoever asks who they are learns which.
  const { state } = useStanding();
  const { refetch } = me;
  const known = me.data !== undefined;
  useEffect(() => {
    if (known && state === "ended") void refetch();
  }, [known, state, refetch]);
  const begin = (now: Me) => {
    const before = client.getQueryData(meQuery.queryKey);
    if (before && before.username !== now.username) client.clear(); // what one may see must not be shown to another
    client.setQueryData(meQuery.queryKey, now);
    client.setQueryData(doorQuery.queryKey, { needed: false, signed_in: true });
    setEnded(false);
    reconnect();
    void client.invalidateQueries();
  };
  return { door, me, ended, begin };
}
