// What the page Doctor asks, and how it says where.
import type { Schemas } from "../api/client";

export type Diagnosis = Schemas["Diagnosis"];
export type Step = Schemas["Stage"];
export type Patient = Schemas["Patient"];
type Listener = Schemas["BrokerConfig"]["listeners"][number];

// Examined is what was found, of whom.
export interface Examined {
  diagnosis: Diagnosis;
  username: string | undefined;
}

// concerned is the query for the refusals of what was examined.
export function concerned({ diagnosis, username }: Examined) {
  const from = /^\[?(.*?)\]?:(\d+)$/.exec(diagnosis.from ?? "");
  return {
    client_id: diagnosis.client_id,
    since: diagnosis.began,
    ...(username && { username }),
    ...(from?.[1] && { address: from[1], port: Number(from[2]) }),
  };
}

// reachable are the listeners that a device can connect to over the network.
export function reachable(listeners: Listener[]): Listener[] {
  return listeners.filter((l) => l.port > 0 && l.protocol !== "http_api");
}

export function listenerWords(l: Listener): string {
  const how = l.protocol === "websockets" ? "websockets" : "MQTT";
  return `${l.port}: ${how}${l.tls ? " with TLS" : ""}${l.address ? `, ${l.address}` : ""}`;
}

export const stepWords: Record<Step["name"], string> = {
  resolve: "Name",
  connect: "Connection",
  tls: "TLS",
  websocket: "Websocket",
  login: "Login",
  subscribe: "Subscription",
  publish: "Publishing",
  receive: "Receiving",
};

// patientProblem is what is wrong with the form; undefined when nothing is.
export function patientProblem(p: Patient): string | undefined {
  if (!p.publish) return undefined;
  if (!p.topic) return "Name the topic to publish to.";
  if (/[+#]/.test(p.topic)) return "Nobody can publish to a topic with + or #.";
  return undefined;
}

// commandLine is the same from where the device is.
export function commandLine(p: Patient, listener: Listener | undefined, host: string): string {
  const words = ["bunkerm doctor"];
  if (listener?.tls) words.push("--cafile ca.pem");
  if (listener?.protocol === "websockets") words.push("--websocket");
  if (p.username) words.push(`--username ${quoted(p.username)}`);
  if (p.client_id) words.push(`--client-id ${quoted(p.client_id)}`);
  if (p.topic) words.push(`--topic ${quoted(p.topic)}`);
  if (p.publish) words.push("--publish");
  words.push(`${p.host || host}:${p.port}`);
  return words.join(" ");
}

function quoted(word: string): string {
  return /^[\w./@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
