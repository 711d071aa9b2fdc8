import { describe, expect, it } from "vitest";
import type { Schemas } from "../api/client";
import type { Event } from "../clientlogs/words";
import { type Known, reasonsFor, saidOf } from "./why";

const account = (part: Partial<Schemas["Client"]> = {}): Schemas["Client"] => ({
  username: "pump",
  clientid: "",
  textname: "",
  textdescription: "",
  disabled: false,
  roles: [{ rolename: "sensor", priority: -1 }],
  groups: [],
  connections: 0,
  own: false,
  ...part,
});
const event = (id: number, kind: Event["event"], part: Partial<Event> = {}): Event => ({
  id,
  time: "2026-03-01T10:00:00Z",
  event: kind,
  count: 1,
  certainty: "certain",
  ...part,
});
const now = Date.parse("2026-03-01T11:00:00Z");
const reasons = (part: Partial<Known>) =>
  reasonsFor({ account: account(), named: true, here: false, now, events: [], refusals: [], ...part });

describe("reasonsFor", () => {
  it("has nothing to say of a client that is here and works", () => {
    expect(reasons({ here: true, events: [event(1, "connect")] })).toEqual([]);
  });
  it("begins with what keeps it out for sure", () => {
    const found = reasons({
      account: account({ disabled: true }),
      events: [event(2, "disconnect", { reason: "kicked" })],
    });
    expect(found.map((r) => r.remedy)).toEqual(["enable", undefined]);
  });
  it("offers an account to a name that has none, and none to a client id", () => {
    expect(reasons({ account: null })[0]?.remedy).toBe("create");
    expect(reasons({ account: null, named: false })).toEqual([]);
  });
  it("suspects the password when it was refused since it came last", () => {
    const refusal = event(5, "auth_failure", { reason: "not_authorized" });
    const [first] = reasons({
      events: [event(4, "disconnect", { reason: "connection_lost" }), event(3, "connect")],
      refusals: [refusal],
    });
    expect(first?.remedy).toBe("password");
    expect(
      reasons({ events: [event(6, "disconnect"), event(6, "connect")], refusals: [refusal] })[0]?.about?.event,
    ).toBe("disconnect");
  });
  it("says how to connect to what never came", () => {
    expect(reasons({}).map((r) => r.remedy)).toEqual(["connect"]);
  });
  it("does not say that something is gone while it does not know", () => {
    expect(reasons({ here: undefined })).toEqual([]);
  });
  it("tells of a denial even of a client that is here, with the question to ask", () => {
    const [only] = reasons({
      here: true,
      events: [event(7, "denied", { reason: "publish", topic: "a/b", username: "pump" })],
    });
    expect(only && saidOf(only)).toBe("It was denied: publish to a/b");
    expect(only?.check).toEqual({ username: "pump", action: "publish", topic: "a/b" });
  });
  it("does not tell of a denial of last week", () => {
    const old = event(7, "denied", { reason: "publish", topic: "a/b", time: "2026-02-20T10:00:00Z" });
    expect(reasons({ here: true, events: [old] })).toEqual([]);
  });
  it("says why an account without roles can do nothing", () => {
    expect(reasons({ here: true, account: account({ roles: [] }) })[0]?.remedy).toBe("edit");
  });
});
