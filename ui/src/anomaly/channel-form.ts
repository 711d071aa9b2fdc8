// Channels as forms have them. Secrets that are stored read «unchanged», and stay as they are when they are sent back so.
import type { Channel } from "./settings";

export const channelTypes: { value: Channel["type"]; label: string }[] = [
  { value: "webhook", label: "Webhook" },
  { value: "email", label: "E-mail" },
  { value: "mqtt", label: "MQTT" },
  { value: "chat", label: "Chat" },
];

const usual = {
  webhook: { url: "", secret: "" },
  email: { host: "", port: 587, tls: "starttls" as const, username: "", password: "", from: "", to: [] as string[] },
  mqtt: { topic: "bunkerm/alerts", qos: 1, retain: false },
  chat: { url: "" },
};

export function newChannel(type: Channel["type"]): Channel {
  return ofType({ name: "", type, enabled: true, min_severity: "medium", values: false, allow_private: false }, type);
}

// ofType gives a channel the settings of a type, and takes those of the others away: the server wants exactly one.
export function ofType(c: Channel, type: Channel["type"]): Channel {
  const { webhook: _w, email: _e, mqtt: _m, chat: _c, ...rest } = c;
  return { ...rest, type, [type]: c[type] ?? usual[type] };
}

// whereTo says in a line where a channel goes.
export function whereTo(c: Channel): string {
  switch (c.type) {
    case "webhook":
      return c.webhook?.url ?? "";
    case "email":
      return c.email ? `${c.email.to.join(", ")} by ${c.email.host}:${c.email.port}` : "";
    case "mqtt":
      return c.mqtt?.topic ?? "";
    default:
      return c.chat?.url ?? "";
  }
}

// addressesOf are the receivers of a field that takes them with commas or on lines.
export function addressesOf(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((part) => part.trim())
    .filter(Boolean);
}

// wrongWith finds what the server says about a field, or about one of the things in it, of the channel at a place. A new one
// has the place -1: what is wrong is about it, because those that are stored were acceptable.
export function wrongWith(
  errors: { location: string; message: string }[],
  name: string,
  place: number,
): string | undefined {
  const at = place < 0 ? /^body\.channels\[\d+\]\./ : new RegExp(`^body\\.channels\\[${place}\\]\\.`);
  return errors.find((e) => at.test(e.location) && e.location.replace(at, "").replace(/\[\d+\]$/, "") === name)
    ?.message;
}

// lacking says what has to be filled in before a channel can be tried out.
export function lacking(c: Channel): string | undefined {
  if (!c.name.trim()) return "a name";
  switch (c.type) {
    case "webhook":
      return c.webhook?.url ? undefined : "an address";
    case "email":
      if (!c.email?.host) return "a mail server";
      if (!c.email.from) return "a sender";
      return c.email.to.length > 0 ? undefined : "a receiver";
    case "mqtt":
      return c.mqtt?.topic ? undefined : "a topic";
    default:
      return c.chat?.url ? undefined : "an address";
  }
}
