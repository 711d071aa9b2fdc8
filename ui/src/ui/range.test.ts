import { expect, test } from "vitest";
import { readRange, writeRange } from "./range";

const now = 1_800_000_000_000;

test("a range moves with the clock unless both ends are named", () => {
  expect(readRange({}, now)).toEqual({ from: now - 3_600_000, to: now, moving: true });
  expect(readRange({ range: "7d" }, now).from).toBe(now - 7 * 86_400_000);
  expect(readRange({ range: "nonsense" }, now, "24h").from).toBe(now - 86_400_000);
  expect(readRange({ from: String(now - 60_000), to: String(now - 30_000) }, now)).toEqual({
    from: now - 60_000,
    to: now - 30_000,
    moving: false,
  });
});

test("ends that make no sense are not taken", () => {
  for (const [from, to] of [
    ["x", "y"],
    ["5", "4"],
    ["-5", "100000"],
    [String(now - 1000), String(now)],
    [String(now), String(now + 1e9)],
    ["Infinity", "1"],
  ]) {
    expect(readRange({ from: from ?? "", to: to ?? "" }, now).moving).toBe(true);
  }
});

test("what is written is read again, and never shorter than anything is known", () => {
  const { from, to } = writeRange(now - 600_000, now - 300_000);
  expect(readRange({ from: from ?? "", to: to ?? "" }, now)).toMatchObject({ from: now - 600_000, to: now - 300_000 });
  const short = writeRange(now - 20_001, now - 20_000);
  expect(Number(short.to) - Number(short.from)).toBe(10_000);
});
