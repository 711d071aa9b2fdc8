import { expect, it } from "vitest";
import { fromLines, toLines } from "./lines";

it("keeps spaces and order, and drops empty lines and doubles", () => {
  expect(fromLines("a/#\r\n\n  \n b /+\nc\ra/#\n")).toEqual(["a/#", " b /+", "c"]);
});

it("brings a list back as it was", () => {
  const list = ["$SYS/#", "a b/+", "ü/#"];
  expect(fromLines(toLines(list))).toEqual(list);
});
