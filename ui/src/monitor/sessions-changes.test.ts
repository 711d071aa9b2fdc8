import { describe, expect, it } from "vitest";
import { after, type Change, endOf, fits, keyOf, nothing, type Session, without } from "./sessions-changes";

const session = (part: Partial<Session> = {}): Session => ({
  clientid: "pump-1",
  username: "pump",
  address: "192.0.2.7",
  port: 40_000,
  protocol: "5.0",
  clean_start: true,
  keepalive_seconds: 60,
  connected_at: "2026-03-01T10:00:00Z",
  subscriptions: 1,
  listener: 1883,
  tls: null,
  bridge: false,
  own: false,
  unsure: false,
  ...part,
});

const change = (kind: Change["change"], client = session()): Change => ({
  change: kind,
  time: "2026-03-01T11:00:00Z",
  client,
});

describe("after", () => {
  it("marks a session of the list that ended", () => {
    const { ended, began } = after(nothing, change("ended"));
    expect(ended.get(keyOf(session()))).toBe("2026-03-01T11:00:00Z");
    expect(began.size).toBe(0);
  });
  it("forgets a session that began and ended before anybody asked", () => {
    const now = after(after(nothing, change("began")), change("ended"));
    expect([now.began.size, now.ended.size]).toEqual([0, 0]);
  });
  it("marks the session that ended, and not the one that took its place", () => {
    const ended = change("ended", session({ connected_at: "2026-03-01T11:00:00Z" })); // an end does not tell the begin
    const now = after(nothing, ended);
    expect(endOf(now, session())).toBe("2026-03-01T11:00:00Z");
    expect(endOf(now, session({ connected_at: "2026-03-01T12:00:00Z" }))).toBeUndefined();
    expect(endOf(now, session({ port: 41_000 }))).toBeUndefined();
  });
  it("keeps what came while a list was loaded", () => {
    const seen = after(nothing, change("began"));
    const now = after(seen, change("began", session({ clientid: "pump-2" })));
    expect([...without(now, seen).began.values()].map((s) => s.clientid)).toEqual(["pump-2"]);
  });
});

describe("fits", () => {
  it("finds text in id, user and address, whatever its case", () => {
    expect(fits(session(), "PUMP-", "")).toBe(true);
    expect(fits(session(), "192.0.2", "")).toBe(true);
    expect(fits(session({ username: null }), "fan", "")).toBe(false);
  });
  it("takes a username as it stands", () => {
    expect(fits(session(), "", "pump")).toBe(true);
    expect(fits(session(), "", "Pump")).toBe(false);
    expect(fits(session({ username: null }), "", "pump")).toBe(false);
  });
});
