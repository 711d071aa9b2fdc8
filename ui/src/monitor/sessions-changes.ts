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

export function keyOf(s: Session): string {
  return JSON.stringify([s.clientid, s.connected_at, s.port]);
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
