// Roles and permissions in words, and browsers by the name that people know.
import type { Permission } from "../frame/session";

export type PersonRole = "viewer" | "operator" | "admin";
export type KeyRole = PersonRole | "metrics";

export const personRoles: PersonRole[] = ["viewer", "operator", "admin"];
export const keyRoles: KeyRole[] = ["metrics", ...personRoles];

const roles: Record<KeyRole, string> = {
  metrics: "reads the metrics, for a monitoring system, and nothing else",
  viewer: "sees everything but what messages say, and changes nothing",
  operator: "also changes clients, roles and groups, reads messages and publishes",
  admin: "may do everything: users, API keys, settings, audit",
};

export function roleWords(role: KeyRole): string {
  return roles[role];
}

const may: [Permission, string][] = [
  ["dynsec:read", "see clients, roles and groups"],
  ["dynsec:write", "change clients, roles and groups"],
  ["dynsec:admin", "grant what reaches the broker's own control topics"],
  ["monitor:read", "see figures, sessions and topics"],
  ["payload:read", "read what messages say"],
  ["monitor:publish", "publish messages and clear retained ones"],
  ["clientlogs:read", "see events and the broker's log"],
  ["settings:write", "change what is observed, recorded and kept"],
  ["config:read", "see the broker's configuration and its versions"],
  ["config:write", "change the broker's configuration, restart the broker"],
  ["config:secrets", "see the secrets in the broker's configuration"],
  ["system:read", "see how BunkerM itself is doing"],
  ["system:admin", "download a diagnostic bundle"],
  ["audit:read", "read and export the audit"],
  ["users:admin", "manage users, sessions and API keys"],
];

// abilities lists all that one may and may not do, in the same order for everybody.
export function abilities(permissions: readonly string[]): { words: string; allowed: boolean }[] {
  return may.map(([permission, words]) => ({ words, allowed: permissions.includes(permission) }));
}

// Chrome calls itself Safari too, and Edge and Opera call themselves both: the order decides.
const browsers: [RegExp, string][] = [
  [/\bEdgA?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bFirefox\/(\d+)/, "Firefox"],
  [/\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, "Safari"],
];

const systems: [RegExp, string][] = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

// browserName shortens what a browser says about itself; what is unknown is returned as it is.
export function browserName(agent: string): string {
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(agent)?.[1];
    if (version) return `${name} ${version}${system ? ` on ${system}` : ""}`;
  }
  return agent || "an unnamed program";
}
