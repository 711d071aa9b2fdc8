// Questions about access, and the smallest rule that turns an answer around.
import type { Schemas } from "../api/client";
import { type ACL, type ACLType, filterProblem, topicProblem } from "./acl";
import type { Role, RoleRef } from "./objects";

export type Action = Schemas["Asked"]["action"];
export type Decision = Schemas["Decision"];
export type Rule = Schemas["Rule"];

export interface Question {
  username: string; // "" is a session without a username
  clientid: string;
  action: Action;
  topic: string;
}

export const actions: { value: Action; label: string; verb: string }[] = [
  { value: "publish", label: "Publish", verb: "publish to" },
  { value: "receive", label: "Receive", verb: "receive messages of" },
  { value: "subscribe", label: "Subscribe", verb: "subscribe to" },
  { value: "unsubscribe", label: "Unsubscribe", verb: "unsubscribe from" },
];

export function actionOf(text: string | undefined): Action {
  return actions.find((a) => a.value === text)?.value ?? "publish";
}

export function verbOf(action: Action): string {
  return actions.find((a) => a.value === action)?.verb ?? action;
}

// questionProblem says why a topic cannot be asked about.
export function questionProblem({ action, topic }: Pick<Question, "action" | "topic">): string | undefined {
  return action === "publish" || action === "receive" ? topicProblem(topic) : filterProblem(topic);
}

const exactly: Record<Action, ACLType> = {
  publish: "publishClientSend",
  receive: "publishClientReceive",
  subscribe: "subscribeLiteral",
  unsubscribe: "unsubscribeLiteral",
};

// turnable says whether a rule could change the answer: not where the client cannot even log in, or where the broker
// decides before any rule.
export function turnable({ decided_by: { source } }: Decision): boolean {
  return source === "client-role" || source === "group-role" || source === "default";
}

// frontRoles are those of the client's roles in which a new rule would decide: the ones that are tried before the one
// that decides now, and that one itself where a rule of it decides.
export function frontRoles(roles: RoleRef[], { decided_by: by }: Decision): string[] {
  const names = roles.map((r) => r.rolename);
  if (by.source !== "client-role" || by.rolename === undefined) return names;
  const at = names.indexOf(by.rolename);
  return names.slice(0, by.acl ? at + 1 : at);
}

// turned is the list of a role's rules with one more that allows or denies exactly what was asked.
export function turned(role: Pick<Role, "rolename" | "acls">, q: Question, decision: Decision): ACL[] {
  const acltype = exactly[q.action];
  const same = (acl: ACL) => acl.acltype === acltype && acl.topic === q.topic;
  const by = decision.decided_by;
  const inTheWay = by.rolename === role.rolename && by.acl?.acltype === acltype ? by.acl : undefined;
  let priority = 0;
  if (inTheWay) priority = same(inTheWay) ? inTheWay.priority : Math.min(100_000, inTheWay.priority + 1);
  return [...role.acls.filter((acl) => !same(acl)), { acltype, topic: q.topic, priority, allow: !decision.allow }];
}
