// Sessions that began or ended since a list was loaded. The rows stay where they are: what ended is marked, what began
// waits until it is asked for.
import type { Schemas } from "../api/client";

export type Session = Schemas["ConnectedClient"];

export interface Change {
  change: "began" | "ended";
  time: string;
  client: Session;
}

export interface Changes {
  ended: ReadonlyMap<string, string>; // when, by keyOf
  began: ReadonlyMap<string, Session>;
}

export const nothing: Changes = { ended: new Map(), began: new Map() };

const most = 5000; // sessions that are remembered of a kind

// keyOf names a session among those that are open: its begin is not part of it, because an end does not tell that.
export function keyOf(s: Session): string {
  return JSON.stringify([s.clientid, s.port]);
}

// endOf returns when a session of the list ended, undefined while it goes on. A later one may have the same key.
export function endOf({ ended }: Changes, s: Session): string | undefined {
  const time = ended.get(keyOf(s));
  return time !== undefined && Date.parse(time) >= Date.parse(s.connected_at) ? time : undefined;
}

// without returns what changed since another look.
export function without(now: Changes, seen: Changes): Changes {
  return {
    ended: new Map([...now.ended].filter(([key, time]) => seen.ended.get(key) !== time)),
    began: new Map([...now.began].filter(([key, session]) => seen.began.get(key) !== session)),
  };
}

// fits says whether a session belongs to a list, as the server decides it.
export function fits(s: Session, q: string, username: string): boolean {
  if (username !== "" && s.username !== username) return false;
  const wanted = q.toLowerCase();
  return [s.clientid, s.username, s.address].some((text) => text?.toLowerCase().includes(wanted));
}

// after is what is known behind one more change.
export function after(before: Changes, { change, time, client }: Change): Changes {
  const key = keyOf(client);
  const began = new Map(before.began);
  if (change === "began") {
    if (began.size < most) began.set(key, client);
    return { ended: before.ended, began };
  }
  if (began.delete(key)) return { ended: before.ended, began };
  const ended = new Map(before.ended);
  if (ended.size < most) ended.set(key, time);
  return { ended, began };
}
