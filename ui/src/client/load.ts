// What a client's page is made of: its account, its sessions, its events. Each comes by itself, so that one that is
// slow, or that the reader may not see, holds up no other.
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, type Schemas, take } from "../api/client";
import { asProblem } from "../api/problem";
import { type Asked, firstEvents, listEvents, merge } from "../clientlogs/events";
import type { Event } from "../clientlogs/words";
import { clientQuery } from "../dynsec/objects";
import { useMay } from "../frame/session";
import { useChannel } from "../live/live";
import { askedAbout, type Subject } from "./who";

export type Session = Schemas["ConnectedClient"];

const mostSessions = 1000;
const mostPages = 5; // of the events of a story
const pageSize = 1000;
const unknownAgain = 5000; // ms after which is asked again for a client that nobody knows yet
const settle = 300; // ms in which several changes of sessions become one request

// useAccount returns the account of a username: undefined while it is asked for, null when there is none.
export function useAccount(username: string | undefined) {
  const query = useQuery({ ...clientQuery(username ?? ""), enabled: username !== undefined });
  const none = username === undefined || (query.isError && asProblem(query.error).status === 404);
  const account: Schemas["Client"] | null | undefined = none ? null : query.data?.value;
  return { account, etag: query.data?.etag, problem: query.isError && !none ? query.error : undefined, query };
}

// useSessions returns the sessions that are open now, and follows them.
export function useSessions(subject: Subject) {
  const may = useMay("monitor:read");
  const queries = useQueryClient();
  const key = ["client", "sessions", subject];
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useChannel(may ? "/monitor/stream?events=session" : null, ({ event, data }) => {
    const client = (data as { client?: Session }).client;
    if (event !== "open" && (event !== "session" || !client || !isOf(subject, client))) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: key });
    }, settle);
  });
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const query = {
        limit: mostSessions,
        ...(subject.by === "username" ? { username: subject.id } : { q: subject.id }),
      };
      const page = await take(api.GET("/monitor/clients", { params: { query }, signal }));
      return { ...page, clients: page.clients.filter((c) => isOf(subject, c)) };
    },
    enabled: may,
  });
}

function isOf({ by, id }: Subject, session: Session): boolean {
  return by === "username" ? session.username === id : session.clientid === id;
}

// useDevice returns what is known of a client id over all time; null for usernames, and for ids that no path can carry.
export function useDevice({ by, id }: Subject) {
  const may = useMay("clientlogs:read");
  const sayable = by === "clientid" && id !== "." && id !== "..";
  return useQuery({
    queryKey: ["client", "device", id],
    queryFn: async ({ signal }) => {
      const params = { path: { client_id: id }, query: { limit: 1 } };
      return (await take(api.GET("/clientlogs/{client_id}", { params, signal }))).client;
    },
    enabled: may && sayable,
    retry: false,
    refetchInterval: ({ state }) => (state.status === "error" ? unknownAgain : false),
  });
}

export interface StoryEvents {
  events: Event[];
  from: number; // asked for
  reaches: number; // how far back it is told; later than from where there is too much to tell
}

const storied = "connect,disconnect,auth_failure,denied,takeover,expired,dropped";

// useStoryEvents loads what the picture is drawn from, page by page up to a bound.
export function useStoryEvents(subject: Subject, range: number) {
  return useQuery({
    queryKey: ["client", "story", subject, range],
    queryFn: async ({ signal }): Promise<StoryEvents> => {
      const from = Date.now() - range;
      const asked: Asked = { ...askedAbout(subject), event: storied, from: new Date(from).toISOString(), own: true };
      const [{ events, reaches }, gaps] = await Promise.all([
        allPages(asked, signal),
        listEvents({ event: "recording", from: new Date(from).toISOString() }, { limit: 100, signal }),
      ]);
      return { events: merge(events, gaps.rows), from, reaches: reaches ?? from };
    },
    enabled: useMay("clientlogs:read"),
    staleTime: 30_000,
  });
}

async function allPages(asked: Asked, signal: AbortSignal): Promise<{ events: Event[]; reaches: number | undefined }> {
  const events: Event[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < mostPages; i++) {
    const page = await listEvents(asked, { limit: pageSize, cursor, signal });
    events.push(...page.rows);
    if (!page.next) return { events, reaches: undefined };
    cursor = page.next;
    if (page.scannedTo && i === mostPages - 1) return { events, reaches: Date.parse(page.scannedTo) };
  }
  const oldest = events.at(-1);
  return { events, reaches: oldest && Date.parse(oldest.time) };
}

const latestCount = 20;

// useLatest loads the newest events of every kind.
export function useLatest(subject: Subject) {
  return useQuery({
    queryKey: ["client", "latest", subject],
    queryFn: ({ signal }) => firstEvents({ ...askedAbout(subject), own: true }, { limit: latestCount, signal }),
    enabled: useMay("clientlogs:read"),
    staleTime: Number.POSITIVE_INFINITY, // a stream goes on from there
    gcTime: 0,
  });
}

// useTopicEvents loads what the client published and subscribed to of late.
export function useTopicEvents(subject: Subject) {
  return useQuery({
    queryKey: ["client", "topics", subject],
    queryFn: ({ signal }) =>
      listEvents(
        { ...askedAbout(subject), event: "publish,subscribe,unsubscribe", from: "7d", own: true },
        { limit: 500, signal },
      ),
    enabled: useMay("clientlogs:read"),
    staleTime: 15_000,
  });
}

const mostHints = 3; // addresses and client ids that refusals are looked for by

// useRefusals looks for refused logins. A broker that refuses somebody does not say who it was: what came from where the
// client is known to be may have been it.
export function useRefusals(subject: Subject, known: Event[], range: number): Event[] {
  const may = useMay("clientlogs:read");
  const ids = subject.by === "username" ? distinct(known.map((e) => e.client_id)) : [];
  const asked: Asked[] = [
    ...ids.map((client_id) => ({ client_id })),
    ...distinct(known.map((e) => e.address)).map((address) => ({ address })),
  ];
  return useQueries({
    queries: asked.map((who) => ({
      queryKey: ["client", "refusals", who, range],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        listEvents(
          { ...who, event: "auth_failure", from: new Date(Date.now() - range).toISOString() },
          { limit: 200, signal },
        ),
      enabled: may,
      staleTime: 15_000,
      refetchInterval: 30_000,
    })),
    combine: (answers) =>
      merge(
        [],
        answers
          .flatMap((a) => a.data?.rows ?? [])
          .filter((e) => ids.includes(e.client_id ?? "") || (!e.client_id && e.username === undefined)),
      ),
  });
}

function distinct(all: (string | undefined)[]): string[] {
  return [...new Set(all.filter((one): one is string => Boolean(one)))].slice(0, mostHints);
}
