// Events as the server lists and streams them.
import { api, type Schemas, take } from "../api/client";
import type { Event } from "./words";

export type Recording = Schemas["RecordingAnswer"];

export interface Asked {
  client_id?: string;
  username?: string;
  event?: string; // kinds, separated by commas
  address?: string;
  from?: string;
  to?: string;
  own?: boolean;
}

export interface EventPage {
  rows: Event[];
  next: string | undefined;
  scannedTo: string | undefined; // the search stopped there because it took too long
  recording: Recording;
  after?: number | undefined; // where a list without events ends: what comes next has a higher id
}

// listEvents returns a page of events, the newest first.
export async function listEvents(
  asked: Asked,
  { limit, cursor, signal }: { limit: number; cursor?: string | undefined; signal?: AbortSignal },
): Promise<EventPage> {
  const query = { ...asked, limit, ...(cursor && { cursor }) };
  const answer = await take(api.GET("/clientlogs", { params: { query }, signal: signal ?? null, parseAs: "json" }));
  const page = answer as Schemas["PageAnswer"];
  return { rows: page.events, next: page.next_cursor, scannedTo: page.scanned_to, recording: page.recording };
}

// firstEvents returns the newest page, with the place behind which to follow it. An empty list has no event that says
// where it ends, and what happens before the stream is open must not be missed: so it is read again behind the newest
// event of all.
export async function firstEvents(asked: Asked, o: { limit: number; signal?: AbortSignal }): Promise<EventPage> {
  const page = await listEvents(asked, o);
  if (page.rows.length > 0) return { ...page, after: page.rows[0]?.id };
  const newest = await listEvents({ own: true }, { ...o, limit: 1 });
  const again = await listEvents(asked, o);
  return { ...again, after: again.rows[0]?.id ?? newest.rows[0]?.id };
}

// streamOf is the channel of the same events as they happen, from behind the event with the id after.
export function streamOf(asked: Asked, after?: number): string {
  const query = new URLSearchParams();
  for (const name of ["client_id", "username", "event", "address"] as const) {
    const value = asked[name];
    if (value !== undefined) query.set(name, value);
  }
  if (asked.own) query.set("own", "true");
  if (after !== undefined) query.set("last_event_id", String(after));
  return `/clientlogs?${query}`;
}

// merge puts two lists of events together, the newest first; of one that is in both, the first list's is taken.
export function merge(first: Event[], second: Event[]): Event[] {
  const all = new Map<number, Event>();
  for (const e of second) all.set(e.id, e);
  for (const e of first) all.set(e.id, e);
  return [...all.values()].sort((a, b) => b.id - a.id);
}
