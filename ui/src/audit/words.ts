// What stands in the audit, in words.
import type { Schemas } from "../api/client";

export type Entry = Schemas["Entry"];

export const ways: Record<Entry["via"], string> = {
  session: "page",
  key: "API key",
  command: "command line",
  system: "BunkerM itself",
  broker: "past BunkerM",
};

const targets: [string, string][] = [
  ["client/", "/clients/$id"],
  ["role/", "/roles/$id"],
  ["group/", "/groups/$id"],
];

// targetOf finds the page of what was changed, if it has one.
export function targetOf(object: string): { to: string; params: { id: string } } | undefined {
  for (const [start, to] of targets) {
    const id = object.slice(start.length);
    if (object.startsWith(start) && id) return { to, params: { id } };
  }
  return undefined;
}

// Local times of input fields, and what stands in the address: RFC 3339, which means the same to everybody.

export function fieldTime(rfc3339: string): string {
  const ms = Date.parse(rfc3339);
  if (Number.isNaN(ms)) return "";
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function addressTime(field: string): string | undefined {
  const ms = Date.parse(field);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
