import { describe, expect, it } from "vitest";
import { advise, checkFor, type Event, inOneLine, kindNames, kindOf, tell } from "./words";

const at = (part: Partial<Event>): Event => ({
  id: 1,
  time: "2026-03-01T10:00:00Z",
  event: "connect",
  count: 1,
  certainty: "certain",
  ...part,
});

describe("tell", () => {
  it.each([
    [{ event: "connect", protocol: "5.0", clean_start: true }, "connected with MQTT 5.0"],
    [{ event: "connect", clean_start: false, bridge: true }, "connected, as a bridge, goes on with its stored session"],
    [{ event: "disconnect", reason: "keepalive_timeout" }, "left: keepalive timeout"],
    [{ event: "disconnect", reason: "of tomorrow" }, "left: nobody saw why"],
    [{ event: "auth_failure", reason: "not_authorized", count: 12 }, "refused: not authorised, 12 times"],
    [{ event: "denied", reason: "publish", topic: "a/b" }, "denied: publish to a/b"],
    [{ event: "subscribe", topic: "a/#", granted_qos: 1 }, "subscribed to a/#, QoS 1"],
    [
      { event: "publish", topic: "a/b", count: 1200, size_bytes: 2048, retain: true },
      "published to a/b, 1\u202f200 times, 2 KiB, retained",
    ],
    [{ event: "publish", count: 2 }, "published to, 2 times"],
    [{ event: "recording", reason: "paused", topic: "900 a second" }, "publishes are not recorded: 900 a second"],
  ] as [Partial<Event>, string][])("%o", (part, want) => {
    expect(inOneLine(at(part))).toBe(want);
  });

  it("keeps what a device chose in a part of its own", () => {
    const hostile = "<b>\u202e, 12 times";
    expect(tell(at({ event: "publish", topic: hostile })).name).toBe(hostile);
  });

  it("has words for every kind, and survives kinds of tomorrow", () => {
    for (const kind of kindNames) expect(inOneLine(at({ event: kind }))).not.toBe("");
    expect(kindOf("of_tomorrow").title).toBe("of_tomorrow");
    expect(inOneLine(at({ event: "of_tomorrow" as Event["event"], topic: "x" }))).toBe("of_tomorrow x");
  });
});

describe("advise", () => {
  it("says what to do about what went wrong, and nothing about what went well", () => {
    expect(advise(at({ event: "auth_failure", reason: "not_authorized" }))).toContain("password");
    expect(advise(at({ event: "denied", reason: "publish" }))).toContain("access check");
    expect(advise(at({ event: "disconnect", reason: "client_disconnected" }))).toBeUndefined();
    expect(advise(at({ event: "connect" }))).toBeUndefined();
  });
});

describe("checkFor", () => {
  it("asks as the client that was denied", () => {
    const e = at({ event: "denied", reason: "subscribe", topic: "a/#", username: "", client_id: "x" });
    expect(checkFor(e)).toEqual({ username: "", clientid: "x", action: "subscribe", topic: "a/#" });
  });
  it("has no question where rules did not decide", () => {
    expect(checkFor(at({ event: "denied", reason: "too_large", topic: "a" }))).toBeUndefined();
    expect(checkFor(at({ event: "denied", reason: "publish" }))).toBeUndefined();
  });
});
