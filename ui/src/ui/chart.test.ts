import { expect, test } from "vitest";
import { align, reach } from "./chart";
import { apart, ticks } from "./chart-axes";

test("series of the same times share them, others are put together with their gaps", () => {
  const a = {
    label: "a",
    points: [
      [1000, 1, 0, 2],
      [2000, null, null, null],
      [3000, 3, 3, 3],
    ],
  };
  const b = {
    label: "b",
    points: [
      [1000, 5, 5, 5],
      [2000, 6, 6, 6],
      [3000, null, null, null],
    ],
  };
  expect(align([a, b])).toEqual([
    [1, 2, 3],
    [1, null, 3],
    [0, null, 3],
    [2, null, 3],
    [5, 6, null],
    [5, 6, null],
    [5, 6, null],
  ]);
  expect(align([])).toEqual([[]]);
  const [times] = align([a, { label: "c", points: [[1500, 1, 1, 1]] }]);
  expect([...(times ?? [])]).toEqual([1, 1.5, 2, 3]);
});

test("an axis shows all of a line, and of a band no more than as much again", () => {
  const line = (...values: number[]) => ({ label: "seen", points: values.map((v, i) => [i, v, v, v]) });
  const edges = (low: number, high: number) => ({ label: "expected", points: [[0, null, low, high]], edges: true });
  expect(reach([line(20, 30), edges(18, 29)])).toEqual([18, 30]);
  expect(reach([line(20, 30), edges(-900, 1e9)])).toEqual([10, 40]);
  expect(reach([line(5)])).toEqual([5, 5]);
  expect(reach([])).toBeUndefined();
});

test("an axis names the day where it begins", () => {
  const noon = new Date(2026, 10, 25, 12).getTime() / 1000;
  expect(ticks([noon, noon + 3600, noon + 12 * 3600], 3600)).toEqual(["12:00\n25 Nov", "13:00", "00:00\n26 Nov"]);
  expect(ticks([noon, noon + 86400], 86400)).toEqual(["25 Nov", "26 Nov"]);
  expect(ticks([noon + 5], 5)).toEqual(["12:00:05\n25 Nov"]);
});

test("neighbours on an axis are told from each other", () => {
  const show = (v: number) => `${Number(v.toPrecision(3))} °C`;
  expect(apart([0, 20, 40], show)).toEqual(["0 °C", "20 °C", "40 °C"]);
  expect(apart([12.02, 12.04, 12.06], show)).toEqual(["12.02 °C", "12.04 °C", "12.06 °C"]);
  expect(apart([1000.5, 1001, 1001.5], show)).toEqual(["1000.5 °C", "1001.0 °C", "1001.5 °C"]);
  expect(apart([], show)).toEqual([]);
});
