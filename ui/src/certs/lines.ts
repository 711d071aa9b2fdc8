// The lines of mosquitto.conf that make, change and remove listeners, and who speaks in the clear.
import type { Schemas } from "../api/client";

export type Lines = Schemas["SettingChange"][];
type Listener = Pick<Schemas["CertificateListener"], "port" | "address" | "tls" | "protocol" | "client_certificates">;
type Session = Pick<Schemas["ConnectedClient"], "listener" | "tls">;

export type Kind = "mqtts" | "wss" | "mtls";

// The port on which each kind is usually found; for the last two there is none by any standard.
export const usualPorts: Record<Kind, number> = { mqtts: 8883, wss: 8884, mtls: 8885 };

const server = "certs/server.pem";

// listenerLines make a listener with the certificate that BunkerM keeps.
export function listenerLines(kind: Kind, port: number): Lines {
  const scope = `listener:${port}`;
  const set = (key: string, value: string) => ({ op: "set" as const, scope, key, value });
  const lines: Lines = [{ op: "add", key: "listener", value: String(port) }];
  if (kind === "wss") lines.push(set("protocol", "websockets"));
  lines.push(set("certfile", server), set("keyfile", server));
  if (kind === "mtls") {
    lines.push(
      set("cafile", "certs/clients.pem"),
      set("crlfile", "certs/revoked.pem"),
      set("require_certificate", "true"),
      set("use_identity_as_username", "true"),
    );
  }
  return lines;
}

// closingLines remove a listener with all its settings.
export function closingLines(l: Listener): Lines {
  const scope = l.address ? `listener:${l.port}@${l.address}` : `listener:${l.port}`;
  return [{ op: "remove", scope, key: "listener" }];
}

// portProblem says why a text cannot be the port of a new listener.
export function portProblem(text: string, taken: number[]): string | undefined {
  const port = Number(text);
  if (!/^\d+$/.test(text.trim()) || port < 1 || port > 65535) return "A number from 1 to 65535.";
  if (taken.includes(port)) return "There is such a listener already.";
  return undefined;
}

// inTheClear are the sessions that came through listeners without TLS; unsure those of which the log does not tell which
// listener it was, where there is more than one kind.
export function inTheClear<T extends Session>(sessions: T[], listeners: Listener[]): { clear: T[]; unsure: T[] } {
  const clear: T[] = [];
  const unsure: T[] = [];
  for (const s of sessions) {
    if (s.tls) continue;
    const through = listeners.filter((l) => l.port === s.listener);
    if (through.length > 0) {
      if (through.some((l) => !l.tls)) clear.push(s);
    } else if (listeners.length > 0 && listeners.every((l) => !l.tls)) clear.push(s);
    else if (listeners.some((l) => !l.tls)) unsure.push(s);
  }
  return { clear, unsure };
}

// fileName makes a name for a download of what anybody may have called anything.
export function fileName(username: string, ending: string): string {
  const plain = username.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+/, "");
  return `${plain || "client"}.${ending}`;
}

const loopback = /^(localhost|127\.|::1$)/;

// hostFor chooses the name by which a device is told to connect: that of the page, if the certificate has it and it leads here
// from elsewhere; else an address of the network, which even those understand that ask no name server.
export function hostFor(page: string, names: string[]): string {
  if (names.includes(page) && !loopback.test(page)) return page;
  const outside = names.filter((name) => !loopback.test(name));
  return outside.find((name) => /^\d+(\.\d+){3}$/.test(name)) ?? outside[0] ?? page;
}
