// The rules that hold for a client, gathered from its roles and from the roles of its groups, in the order in which the
// broker tries them: its own roles first, then group after group, the higher priority first.
import type { Schemas } from "../api/client";
import { type ACL, inOrder } from "../dynsec/acl";
import type { Group, Role, RoleRef } from "../dynsec/objects";

export interface Source {
  rolename: string;
  groupname?: string;
}

export interface Effective {
  source: Source;
  acls: ACL[]; // in order
}

// sourcesOf lists where a client's rules come from.
export function sourcesOf(roles: RoleRef[], groups: Group[]): Source[] {
  return [
    ...inOrder(roles).map(({ rolename }) => ({ rolename })),
    ...groups.flatMap((g) => inOrder(g.roles).map(({ rolename }) => ({ rolename, groupname: g.groupname }))),
  ];
}

// effective puts the rules to their sources. A role that is carried twice decides where it comes first.
export function effective(sources: Source[], roles: ReadonlyMap<string, Role>): Effective[] {
  const seen = new Set<string>();
  return sources.flatMap((source) => {
    const role = roles.get(source.rolename);
    if (!role || seen.has(source.rolename)) return [];
    seen.add(source.rolename);
    return [{ source, acls: inOrder(role.acls) }];
  });
}

const actions: [keyof Schemas["DefaultAccess"], string][] = [
  ["publishClientSend", "publish"],
  ["publishClientReceive", "receive"],
  ["subscribe", "subscribe"],
  ["unsubscribe", "unsubscribe"],
];

// elsewhere says what holds where no rule fits.
export function elsewhere(access: Schemas["DefaultAccess"]): string {
  const may = actions.filter(([name]) => access[name]).map(([, word]) => word);
  const not = actions.filter(([name]) => !access[name]).map(([, word]) => word);
  if (not.length === 0) return "Where no rule fits, it may do everything.";
  if (may.length === 0) return "Where no rule fits, it may do nothing.";
  return `Where no rule fits, it may ${list(may)}, but not ${list(not)}.`;
}

function list(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
