import { expect, it } from "vitest";
import type { Event } from "../clientlogs/words";
import { topicsOf } from "./topics-of";

const event = (id: number, kind: Event["event"], topic: string, count = 1): Event => ({
  id,
  time: `2026-03-01T10:00:0${id}Z`,
  event: kind,
  topic,
  count,
  certainty: "certain",
});

it("adds up what was published, and lets the newest subscription decide", () => {
  const events = [
    event(5, "unsubscribe", "cmd/#"),
    event(4, "publish", "temp", 12),
    event(3, "subscribe", "cmd/#"),
    event(2, "publish", "temp"),
    event(1, "denied", "secret"),
  ];
  expect(topicsOf(events).map((u) => [u.topic, u.published, u.subscribed, u.lastPublished])).toEqual([
    ["temp", 13, false, "2026-03-01T10:00:04Z"],
    ["cmd/#", 0, false, undefined],
  ]);
});
