// The expected band of a series as lines of a chart.
import type { Series } from "../ui/chart";
import type { Point } from "./alerts";

// band returns what was seen as a line, and between what it was expected as edges. Where none was known yet there is a gap.
export function band(points: Point[]): Series[] {
  const seen = points.map((p) => [Date.parse(p.t), p.value, p.value, p.value]);
  const expected = points.map((p) => {
    const at = Date.parse(p.t);
    return p.low === null || p.high === null ? [at, null, null, null] : [at, null, p.low, p.high];
  });
  const all: Series[] = [{ label: "seen", points: seen }];
  if (expected.some(([, , low]) => low !== null)) all.push({ label: "expected", points: expected, edges: true });
  return all;
}
