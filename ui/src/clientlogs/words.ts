// Events in words: what each kind is called, what happened in a sentence, and what can be done about it. A topic, or
// whatever else the broker or a device named, is a part of its own, so that the page can draw it as a name.
import type { Schemas } from "../api/client";
import { bytes, count } from "../ui/format";
import type { IconName } from "../ui/icon";
import type { Tone } from "../ui/say";

export type Event = Schemas["EventAnswer"];
export type EventKind = Event["event"];

export interface Kind {
  title: string;
  icon: IconName;
  tone?: Tone;
}

export const kinds: Record<EventKind, Kind> = {
  connect: { title: "Connected", icon: "good", tone: "good" },
  disconnect: { title: "Left", icon: "close" },
  auth_failure: { title: "Refused", icon: "bad", tone: "bad" },
  denied: { title: "Denied", icon: "warning", tone: "warning" },
  takeover: { title: "Taken over", icon: "copy", tone: "notice" },
  subscribe: { title: "Subscribed", icon: "down" },
  unsubscribe: { title: "Unsubscribed", icon: "close" },
  publish: { title: "Published", icon: "topics" },
  dropped: { title: "Dropped", icon: "warning", tone: "warning" },
  expired: { title: "Expired", icon: "notice", tone: "notice" },
  control: { title: "Command", icon: "settings" },
  recording: { title: "Recording", icon: "log", tone: "notice" },
};

export const kindNames = Object.keys(kinds) as EventKind[];

// kindOf is what a kind is called; one that this page does not know yet keeps the server's word.
export function kindOf(event: string): Kind {
  return (kinds as Record<string, Kind>)[event] ?? { title: event, icon: "notice" };
}

const left: Record<string, string> = {
  client_disconnected: "it said goodbye",
  connection_lost: "the connection was lost",
  keepalive_timeout: "keepalive timeout",
  kicked: "disconnected by an administrator",
  protocol_error: "it broke the MQTT protocol",
  not_authorized: "not authorised",
  oversize_packet: "its packet was too large",
  broker_stopped: "the broker stopped",
  unknown: "nobody saw why",
};

const refused: Record<string, string> = {
  not_authorized: "not authorised",
  protocol_error: "it does not speak MQTT as the broker does",
  quota: "too many connections",
  oversize_packet: "its packet was too large",
  unknown: "the broker did not say why",
};

const denied: Record<string, string> = {
  publish: "publish to",
  receive: "receive from",
  subscribe: "subscribe to",
  too_large: "publish too large a message to",
  quota: "publish, over its quota, to",
};

const recorded: Record<string, string> = {
  paused: "publishes are not recorded",
  resumed: "publishes are recorded again",
  lines_missing: "lines of the broker's log are missing",
  not_recorded: "events were not stored",
};

// Told is a sentence in three parts; name is what somebody else chose.
export interface Told {
  before: string;
  name?: string;
  after?: string;
}

// leftWhy says in words why a session ended.
export function leftWhy(reason: string | undefined): string {
  return (reason && left[reason]) || left.unknown || "";
}

// tell says what happened.
export function tell(e: Event): Told {
  switch (e.event) {
    case "connect":
      return { before: [e.protocol ? `connected with MQTT ${e.protocol}` : "connected", session(e)].join("") };
    case "disconnect":
      return { before: `left: ${leftWhy(e.reason)}` };
    case "auth_failure":
      return { before: `refused: ${refused[e.reason ?? ""] ?? refused.unknown}${times(e)}` };
    case "denied":
      return named(`denied: ${denied[e.reason ?? ""] ?? "use of"}`, e.topic, times(e));
    case "takeover":
      return { before: "another connection took over its client id" };
    case "subscribe":
      return named("subscribed to", e.topic, e.granted_qos === undefined ? "" : `, QoS ${e.granted_qos}`);
    case "unsubscribe":
      return named("unsubscribed from", e.topic, "");
    case "publish":
      return named("published to", e.topic, [times(e), size(e), e.retain ? ", retained" : ""].join(""));
    case "dropped":
      return { before: `messages for it were thrown away, because it takes them too slowly${times(e)}` };
    case "expired":
      return { before: "its stored session was thrown away" };
    case "control":
      return named("command to the broker:", e.topic, "");
    case "recording":
      return named(recorded[e.reason ?? ""] ?? "recording changed", e.topic, times(e), ": ");
    default:
      return named(kindOf(e.event).title, (e as Event).topic, "");
  }
}

function named(before: string, name: string | undefined, after: string, joint = " "): Told {
  return name === undefined || name === "" ? { before: before + after } : { before: before + joint, name, after };
}

function session(e: Event): string {
  const parts = [e.bridge && "as a bridge", e.clean_start === false && "goes on with its stored session"];
  return parts
    .filter(Boolean)
    .map((part) => `, ${part}`)
    .join("");
}

function times(e: Event): string {
  return e.count > 1 ? `, ${count(e.count)} times` : "";
}

function size(e: Event): string {
  return e.size_bytes === undefined ? "" : `, ${bytes(e.size_bytes)}`;
}

// inOneLine is the sentence as plain text, for places that take no elements. It is not made visible here.
export function inOneLine(e: Event): string {
  const { before, name = "", after = "" } = tell(e);
  return before + name + after;
}

// advise says what can be done about an event, undefined where nothing needs to be done.
export function advise(e: Event): string | undefined {
  if (e.event === "auth_failure") return adviceForRefusal(e.reason);
  if (e.event === "denied") return adviceForDenial(e.reason);
  if (e.event === "takeover") return "If this repeats, two devices use the same client id: give each its own.";
  if (e.event === "dropped")
    return "The client reads too slowly, or the queue for it is too short (max_queued_messages).";
  if (e.event !== "disconnect") return undefined;
  switch (e.reason) {
    case "keepalive_timeout":
      return "It was silent for one and a half times its keepalive: look at its network and power.";
    case "connection_lost":
      return "The network or the device went away without a word: look at its network and power.";
    case "protocol_error":
    case "oversize_packet":
      return "Look at the device's MQTT library, and at the limits in the broker's configuration.";
    case "not_authorized":
      return "Its account was changed or deleted, or it is disabled.";
    default:
      return undefined;
  }
}

function adviceForRefusal(reason: string | undefined): string {
  switch (reason) {
    case "protocol_error":
      return "Look at the device's MQTT version and at TLS: a device that speaks TLS to a plain port is refused so, too.";
    case "quota":
      return "The listener's max_connections is reached.";
    default:
      return "The username or the password is wrong, or the account is disabled or bound to another client id.";
  }
}

function adviceForDenial(reason: string | undefined): string {
  if (reason === "too_large")
    return "Raise message_size_limit in the broker's configuration, or send smaller messages.";
  if (reason === "quota") return "It sends more than the broker takes from it: look at max_inflight_messages.";
  return "None of its roles allows this: ask the access check why.";
}

// checkFor is the question to the access check that a denial raises, undefined where there is none.
export function checkFor(e: Event): Record<string, string> | undefined {
  if (e.event !== "denied" || !e.topic) return undefined;
  if (e.reason !== "publish" && e.reason !== "receive" && e.reason !== "subscribe") return undefined;
  return {
    ...(e.username !== undefined && { username: e.username }),
    ...(e.client_id && { clientid: e.client_id }),
    action: e.reason,
    topic: e.topic,
  };
}
