import { expect, test } from "vitest";
import { band } from "./band";

const at = (second: number) => new Date(second * 1000).toISOString();

test("the band has gaps where it was not known, and is left out where it never was", () => {
  const points = [
    { t: at(1), value: 20, low: null, high: null, score: 0 },
    { t: at(2), value: 30, low: 18, high: 22, score: 6 },
    { t: at(3), value: null, low: 18, high: 22, score: 0 },
  ];
  expect(band(points)).toEqual([
    {
      label: "seen",
      points: [
        [1000, 20, 20, 20],
        [2000, 30, 30, 30],
        [3000, null, null, null],
      ],
    },
    {
      label: "expected",
      points: [
        [1000, null, null, null],
        [2000, null, 18, 22],
        [3000, null, 18, 22],
      ],
      edges: true,
    },
  ]);
  expect(band(points.slice(0, 1)).map((s) => s.label)).toEqual(["seen"]);
});
