import { describe, expect, it } from "vitest";
import { ticksOf } from "./ticks";

const noon = new Date(2026, 2, 1, 12, 7).getTime();
const minutes = (n: number) => n * 60_000;

describe("ticksOf", () => {
  it("stands at round times within the span", () => {
    const ticks = ticksOf(noon - minutes(60), noon, 8);
    expect(ticks.length).toBeGreaterThan(3);
    expect(ticks.length).toBeLessThanOrEqual(8);
    for (const t of ticks) {
      expect(new Date(t.time).getMinutes() % 10).toBe(0);
      expect(t.time).toBeGreaterThanOrEqual(noon - minutes(60));
    }
  });
  it("names days where a day is the least", () => {
    const ticks = ticksOf(noon - minutes(30 * 1440), noon, 10);
    expect(ticks.length).toBeLessThanOrEqual(16);
    expect(ticks.every((t) => !t.label.includes(":"))).toBe(true);
  });
});
