import { expect, test } from "vitest";
import { held } from "./held";

test("rows change in place, those that are gone stay, new ones wait", () => {
  const shown = [
    { id: 3, status: "open" },
    { id: 2, status: "open" },
    { id: 1, status: "closed" },
  ];
  const now = [
    { id: 4, status: "open" },
    { id: 2, status: "acknowledged" },
    { id: 3, status: "open" },
  ];
  expect(held(shown, now)).toEqual({
    rows: [
      { row: { id: 3, status: "open" }, gone: false },
      { row: { id: 2, status: "acknowledged" }, gone: false },
      { row: { id: 1, status: "closed" }, gone: true },
    ],
    fresh: 1,
  });
});
