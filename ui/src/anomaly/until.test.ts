import { expect, test } from "vitest";
import { untilOf } from "./until";

const evening = new Date(2026, 11, 31, 22, 30).getTime();

test("quick choices end when they say", () => {
  expect(Date.parse(untilOf("1h", evening)) - evening).toBe(3_600_000);
  expect(Date.parse(untilOf("4h", evening)) - evening).toBe(4 * 3_600_000);
  expect(new Date(untilOf("morning", evening))).toEqual(new Date(2027, 0, 1, 8));
  expect(new Date(untilOf("other", evening, "2027-01-02T10:00"))).toEqual(new Date(2027, 0, 2, 10));
  expect(untilOf("other", evening, "")).toBe("");
});
