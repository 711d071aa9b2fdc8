import { describe, expect, it } from "vitest";
import type { Event } from "../clientlogs/words";
import { storyOf, strangeIn } from "./story";

const start = Date.parse("2026-03-01T10:00:00Z");
const minute = 60_000;
let id = 0;
const at = (minutes: number, event: Event["event"], part: Partial<Event> = {}): Event => ({
  id: ++id,
  time: new Date(start + minutes * minute).toISOString(),
  event,
  client_id: "pump",
  count: 1,
  certainty: "certain",
  ...part,
});
const tellOf = (events: Event[], open: Parameters<typeof storyOf>[1] = [], to = 60) =>
  storyOf(events, open, start, start + to * minute);
const minutes = (ms: number) => (ms - start) / minute;

describe("storyOf", () => {
  it("makes a span of a connect and its disconnect, whatever the order of the events", () => {
    const events = [at(5, "connect"), at(20, "disconnect", { reason: "client_disconnected" })].reverse();
    const [lane] = tellOf(events).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.end, s.cut])).toEqual([[5, 20, "polite", false]]);
    expect(lane?.marks).toEqual([]);
  });

  it("marks a lost connection and begins the next span", () => {
    const [lane] = tellOf([
      at(1, "connect"),
      at(9, "disconnect", { reason: "keepalive_timeout" }),
      at(10, "connect"),
      at(11, "disconnect", { reason: "connection_lost" }),
    ]).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.end])).toEqual([
      [1, 9, "bad"],
      [10, 11, "bad"],
    ]);
    expect(lane?.marks.map((m) => m.kind)).toEqual(["lost", "lost"]);
  });

  it("cuts a session that began before the time shown", () => {
    const [lane] = tellOf([at(30, "disconnect", { reason: "client_disconnected" })]).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.cut])).toEqual([[0, 30, true]]);
  });

  it("ends the old session at a takeover, where the new one begins", () => {
    const [lane] = tellOf(
      [at(1, "connect"), at(5, "takeover"), at(5, "connect")],
      [{ clientid: "pump", since: start + 5 * minute, address: "" }],
    ).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.open])).toEqual([
      [1, 5, false],
      [5, 60, true],
    ]);
    expect(lane?.marks.map((m) => m.kind)).toEqual(["kicked"]);
  });

  it("draws a session of which no event is left, from the list of sessions", () => {
    const [lane] = tellOf([], [{ clientid: "pump", since: start - 100 * minute, address: "192.0.2.7" }]).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.cut, s.open])).toEqual([[0, 60, true, true]]);
  });

  it("does not draw on what is not here any more and was not seen to end", () => {
    const [lane] = tellOf([at(5, "connect")]).lanes;
    expect(lane?.spans.map((s) => [minutes(s.from), minutes(s.to), s.open])).toEqual([[5, 5, false]]);
  });

  it("keeps refusals without a client id apart, and times of which nothing is known", () => {
    const story = tellOf([
      at(5, "auth_failure", { client_id: "" }),
      at(6, "recording", { reason: "lines_missing", until: new Date(start + 8 * minute).toISOString() }),
      at(7, "recording", { reason: "paused" }),
    ]);
    expect(story.strangers.map((m) => m.kind)).toEqual(["refused"]);
    expect(story.blind.map((b) => [minutes(b.from), minutes(b.to)])).toEqual([[6, 8]]);
    expect(story.lanes).toEqual([]);
  });

  it("has a bounded number of lanes, the last used first", () => {
    const story = tellOf(Array.from({ length: 12 }, (_, i) => at(i, "connect", { client_id: `c${i}` })));
    expect(story.lanes.map((l) => l.clientid).slice(0, 2)).toEqual(["c11", "c10"]);
    expect([story.lanes.length, story.more]).toEqual([8, 4]);
  });
});

describe("strangeIn", () => {
  it("counts folded events for what they stand for, and connects of the last hour alone", () => {
    const found = strangeIn(
      [
        at(0, "connect", { address: "192.0.2.1" }),
        at(100, "connect", { address: "192.0.2.2" }),
        at(101, "denied", { count: 40 }),
        at(102, "auth_failure"),
        at(102, "auth_failure", { client_id: "" }),
        at(103, "disconnect", { reason: "connection_lost" }),
        at(104, "disconnect", { reason: "client_disconnected" }),
      ],
      start + 120 * minute,
    );
    expect(found).toEqual({
      connects: 1,
      refused: 1,
      strangers: 1,
      denied: 40,
      lost: 1,
      addresses: ["192.0.2.1", "192.0.2.2"],
    });
  });
});
