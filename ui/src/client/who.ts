// Who a client's page is about. An account and the devices that use it are one thing to its owner, so that the page is
// found by either name.
import type { Asked } from "../clientlogs/events";

export interface Subject {
  by: "username" | "clientid";
  id: string;
}

export function subjectOf(id: string, by: string | undefined): Subject {
  return { by: by === "clientid" ? "clientid" : "username", id };
}

// askedAbout is what the events are asked for.
export function askedAbout({ by, id }: Subject): Asked {
  return by === "clientid" ? { client_id: id } : { username: id };
}

// linkTo is the query of a page that takes a username or a client id.
export function linkTo({ by, id }: Subject): Record<string, string> {
  return by === "clientid" ? { client_id: id } : { username: id };
}
