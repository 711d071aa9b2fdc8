import { expect, test } from "vitest";
import { pretty } from "./json-pretty";

const written = (text: string) =>
  pretty(text)
    .map((p) => p.text)
    .join("");

test("JSON is indented as JSON.stringify does it", () => {
  for (const value of [
    { a: 1, b: [true, null, "x,y:{z}"], c: {}, d: [], e: { f: [{ g: -1.5e3 }] } },
    [],
    [[], [1]],
    "a",
    7,
    { 'quo"te\\': "\\" },
  ]) {
    expect(written(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  }
});

test("what parsing would change stays as it was sent", () => {
  expect(written('{"id":12345678901234567890,"x":1.0,"a":1,"a":2,"s":"\\u0041"}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "x": 1.0,\n  "a": 1,\n  "a": 2,\n  "s": "\\u0041"\n}',
  );
});

test("keys, texts, numbers and words are told apart", () => {
  const kinds = pretty('{"a":"b","c":-1,"d":true}').filter((p) => p.kind !== "mark");
  expect(kinds.map((p) => p.kind)).toEqual(["key", "string", "key", "number", "key", "word"]);
});

test("any depth is written", () => {
  const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  expect(written(deep).length).toBeLessThan(1_000_000);
});
