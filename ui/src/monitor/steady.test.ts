import { expect, test } from "vitest";
import { steady } from "./steady";

const itself = (s: string) => s;

test("what was shown keeps its place, and what is new stands behind it", () => {
  expect(steady(["a", "b", "c"], ["c", "new", "a", "newer", "b"], itself)).toEqual(["a", "b", "c", "new", "newer"]);
});

test("what has gone leaves no gap", () => {
  expect(steady(["a", "b", "c"], ["c", "a"], itself)).toEqual(["a", "c"]);
});

test("a list that was not shown yet stays as it came", () => {
  expect(steady([], ["z", "a", "m"], itself)).toEqual(["z", "a", "m"]);
});
