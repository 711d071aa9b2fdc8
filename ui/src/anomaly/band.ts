// The expected band of a series as lines of a chart.
import type { Series } from "../ui/chart";
import type { Point } from "./alerts";

// band returns what was seen, and between what it was expected: its middle as the line, its edges as the band. Where no
// edge was known yet there is a gap.
export function band(points: Point[]): Series[] {
  const seen = points.map((p) => [Date.parse(p.t), p.value, p.value, p.value]);
  const expected = points.map((p) => {
    const at = Date.parse(p.t);
    return p.low === null || p.high === null ? [at, null, null, null] : [at, (p.low + p.high) / 2, p.low, p.high];
  });
  const all: Series[] = [{ label: "seen", points: seen }];
  if (expected.some(([, middle]) => middle !== null)) all.push({ label: "expected", points: expected });
  return all;
}
