// The rules of a role: what they are called here, what they may be, in which order the broker tries them, and what
// they say in words.
import type { Schemas } from "../api/client";
import { stringProblem } from "./names";

export type ACL = Schemas["ACL"];
export type ACLType = Schemas["NewACL"]["acltype"];

interface Kind {
  type: ACLType;
  title: string; // what is decided
  verb: string; // "may …"
  help: string;
}

export const kinds: Kind[] = [
  {
    type: "publishClientSend",
    title: "Publish",
    verb: "publish to",
    help: "messages that the client sends",
  },
  {
    type: "publishClientReceive",
    title: "Receive",
    verb: "receive from",
    help: "messages that are delivered to the client, after it subscribed",
  },
  {
    type: "subscribePattern",
    title: "Subscribe, and below",
    verb: "subscribe to",
    help: "every filter that this one covers",
  },
  {
    type: "subscribeLiteral",
    title: "Subscribe, exactly",
    verb: "subscribe to exactly",
    help: "this very filter, wildcards included, and no other",
  },
  {
    type: "unsubscribePattern",
    title: "Unsubscribe, and below",
    verb: "unsubscribe from",
    help: "every filter that this one covers",
  },
  {
    type: "unsubscribeLiteral",
    title: "Unsubscribe, exactly",
    verb: "unsubscribe from exactly",
    help: "this very filter, and no other",
  },
];

const byType = new Map<string, Kind>(kinds.map((k) => [k.type, k]));

export function kindOf(acltype: string): Kind | undefined {
  return byType.get(acltype);
}

export const isLiteral = (acltype: string): boolean => acltype.endsWith("Literal");

// filterProblem says what is wrong with a topic filter, undefined when nothing is.
export function filterProblem(filter: string): string | undefined {
  if (filter === "") return "A topic is needed.";
  const wrong = stringProblem(filter);
  if (wrong) return wrong;
  const levels = filter.split("/");
  if (levels.length > 201) return "At most 200 slashes.";
  for (const [i, level] of levels.entries()) {
    if (level !== "+" && level.includes("+")) return "+ stands for one whole level: put it alone between slashes.";
    if (level !== "#" && level.includes("#"))
      return "# stands for all levels below: put it alone after the last slash.";
    if (level === "#" && i < levels.length - 1) return "# can only be the last level.";
  }
  return undefined;
}

// topicProblem says what is wrong with a topic that messages are published to.
export function topicProblem(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return "+ and # are for filters; a message has one plain topic.";
  return filterProblem(topic);
}

// filterNotes says what one may not expect of a rule on this version of the broker.
export function filterNotes(acl: Pick<ACL, "acltype" | "topic">, version: string | undefined): string[] {
  const notes: string[] = [];
  const levels = acl.topic.split("/");
  const named = levels.filter((l) => l === "%u" || l === "%c");
  if (/%[uc]/.test(acl.topic)) {
    if (isLiteral(acl.acltype)) notes.push("%u and %c stand for themselves in a rule about exactly this filter.");
    else if (named.length === 0) notes.push("%u and %c stand for the username and client id only as a whole level.");
    else if (version && !isModern(version)) {
      notes.push(`%u and %c mean nothing to Mosquitto ${version}: it compares them as they stand. 2.1 fills them in.`);
    }
  }
  if (acl.topic.startsWith("$CONTROL"))
    notes.push("This reaches the broker's own controls; an administrator must do it.");
  if (levels[0] === "#" || levels[0] === "+") {
    if (!isLiteral(acl.acltype)) notes.push("Topics that begin with $, such as $SYS, are not meant.");
  }
  return notes;
}

// isModern says whether the broker fills in %u and %c: 2.1 and later do.
export function isModern(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 1);
}

// inOrder sorts rules as the broker tries them: the higher priority first.
export function inOrder<T extends Pick<ACL, "priority">>(acls: T[]): T[] {
  return [...acls].sort((a, b) => b.priority - a.priority);
}

// repeated returns the places of rules that repeat the type and topic of an earlier one.
export function repeated(acls: Pick<ACL, "acltype" | "topic">[]): Set<number> {
  const seen = new Set<string>();
  const again = new Set<number>();
  for (const [i, { acltype, topic }] of acls.entries()) {
    const key = `${acltype} ${topic}`;
    if (seen.has(key)) again.add(i);
    seen.add(key);
  }
  return again;
}

// saying is a rule in words, in parts, because the topic is drawn as what it is.
export function saying(acl: Pick<ACL, "acltype" | "topic" | "allow">): { verb: string; topic: string } {
  const verb = kindOf(acl.acltype)?.verb ?? acl.acltype;
  const every = acl.topic === "#" && !isLiteral(acl.acltype);
  return {
    verb: `${acl.allow ? "may" : "may not"} ${verb}${every ? " every topic" : ""}`,
    topic: every ? "" : readable(acl.topic),
  };
}

// readable writes a filter with what its end means: sensors/… for sensors/#.
function readable(topic: string): string {
  return topic.endsWith("/#") ? `${topic.slice(0, -1)}…` : topic;
}

// plain makes of a rule what the API takes.
export function plain(acl: ACL): Schemas["NewACL"] {
  return { acltype: acl.acltype as ACLType, topic: acl.topic, priority: acl.priority, allow: acl.allow };
}
