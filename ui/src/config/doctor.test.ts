import { expect, test } from "vitest";
import { commandLine, concerned, listenerWords, patientProblem, reachable } from "./doctor";

const listener = (port: number, more = {}) => ({
  port,
  address: "",
  protocol: "mqtt",
  tls: false,
  scope: "",
  settings: [],
  ...more,
});

test("listeners are told by port, protocol and address; sockets and web pages are none for devices", () => {
  const all = [
    listener(1883),
    listener(8883, { tls: true, address: "10.0.0.1" }),
    listener(9001, { protocol: "websockets" }),
    listener(0),
    listener(80, { protocol: "http_api" }),
  ] as never[];
  expect(reachable(all).map(listenerWords)).toEqual([
    "1883: MQTT",
    "8883: MQTT with TLS, 10.0.0.1",
    "9001: websockets",
  ]);
});

test("a message needs a topic of its own", () => {
  expect(patientProblem({ port: 1883 })).toBeUndefined();
  expect(patientProblem({ port: 1883, topic: "a/#" })).toBeUndefined();
  expect(patientProblem({ port: 1883, publish: true })).toContain("Name the topic");
  expect(patientProblem({ port: 1883, publish: true, topic: "a/#" })).toContain("+ or #");
});

test("the command says the same, and never a password", () => {
  const p = {
    port: 8883,
    username: "kitchen lamp",
    password: "secret",
    client_id: "it's",
    topic: "a/b",
    publish: true,
  };
  expect(commandLine(p, listener(8883, { tls: true }) as never, "broker.lan")).toBe(
    `bunkerm doctor --cafile ca.pem --username 'kitchen lamp' --client-id 'it'\\''s' --topic a/b --publish broker.lan:8883`,
  );
});

test("refusals are asked for by what was examined", () => {
  const diagnosis = { client_id: "c", began: "2026-11-26T09:00:00Z" };
  const of = (from: string, username?: string) => concerned({ diagnosis: { ...diagnosis, from } as never, username });
  expect(of("", "")).toEqual({ client_id: "c", since: "2026-11-26T09:00:00Z" });
  expect(of("10.0.0.7:4000", "lamp")).toMatchObject({ username: "lamp", address: "10.0.0.7", port: 4000 });
  expect(of("[::1]:4000")).toMatchObject({ address: "::1", port: 4000 });
});
