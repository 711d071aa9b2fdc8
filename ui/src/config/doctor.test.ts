import { expect, test } from "vitest";
import { commandLine, listenerWords, patientProblem, reachable } from "./doctor";

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
