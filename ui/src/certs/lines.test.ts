import { describe, expect, test } from "vitest";
import { closingLines, fileName, hostFor, inTheClear, listenerLines, portProblem } from "./lines";

const listener = (port: number, tls: boolean, address = "") => ({
  port,
  tls,
  address,
  protocol: "mqtt" as const,
  client_certificates: false,
});

describe("lines of listeners", () => {
  test("for TLS", () => {
    expect(listenerLines("mqtts", 8883)).toEqual([
      { op: "add", key: "listener", value: "8883" },
      { op: "set", scope: "listener:8883", key: "certfile", value: "certs/server.pem" },
      { op: "set", scope: "listener:8883", key: "keyfile", value: "certs/server.pem" },
    ]);
  });
  test("for browsers, and for clients with certificates", () => {
    expect(listenerLines("wss", 1)[1]).toMatchObject({ key: "protocol", value: "websockets" });
    expect(listenerLines("mtls", 1).map((l) => l.key)).toEqual([
      "listener",
      "certfile",
      "keyfile",
      "cafile",
      "crlfile",
      "require_certificate",
      "use_identity_as_username",
    ]);
  });
  test("to close one", () => {
    expect(closingLines(listener(1883, false))[0]).toEqual({ op: "remove", scope: "listener:1883", key: "listener" });
    expect(closingLines(listener(1883, false, "10.0.0.1"))[0]).toMatchObject({ scope: "listener:1883@10.0.0.1" });
  });
  test("ports", () => {
    expect(portProblem("8883", [1883])).toBeUndefined();
    for (const bad of ["", "0", "65536", "x", "1.5", "-1"]) expect(portProblem(bad, [])).toBeDefined();
    expect(portProblem("1883", [1883])).toContain("already");
  });
});

describe("who speaks in the clear", () => {
  const all = [listener(1883, false), listener(8883, true)];
  test("by the port of the listener", () => {
    const { clear, unsure } = inTheClear(
      [
        { listener: 1883, tls: null },
        { listener: 8883, tls: null },
        { listener: null, tls: null },
        { listener: null, tls: "TLSv1.3" },
      ],
      all,
    );
    expect(clear).toHaveLength(1);
    expect(unsure).toHaveLength(1);
  });
  test("everybody, where there is no TLS; nobody, where there is nothing else", () => {
    expect(inTheClear([{ listener: null, tls: null }], [listener(1883, false)]).clear).toHaveLength(1);
    const secure = inTheClear([{ listener: null, tls: null }], [listener(8883, true)]);
    expect(secure).toEqual({ clear: [], unsure: [] });
  });
});

test("names of downloads", () => {
  expect(fileName("pump.hall1", "p12")).toBe("pump.hall1.p12");
  expect(fileName("../../etc/passwd", "key")).toBe("etc_passwd.key");
  expect(fileName("\u202e", "crt")).toBe("client.crt");
});

test("the host that a device is told", () => {
  const names = ["pi", "pi.local", "localhost", "127.0.0.1", "::1", "192.168.1.10"];
  expect(hostFor("pi.local", names)).toBe("pi.local");
  expect(hostFor("127.0.0.1", names)).toBe("192.168.1.10");
  expect(hostFor("elsewhere", ["pi", "localhost"])).toBe("pi");
  expect(hostFor("localhost", ["localhost"])).toBe("localhost");
});
