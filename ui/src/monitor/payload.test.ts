import { expect, test } from "vitest";
import { bytesOf, changes, hex, json, numbers } from "./payload";

const text = (payload: string) => ({ payload, encoding: "utf8" });

test("bytes are those of the message", () => {
  expect([...bytesOf(text("é"))]).toEqual([0xc3, 0xa9]);
  expect([...bytesOf({ payload: "AP8=", encoding: "base64" })]).toEqual([0, 255]);
  expect(bytesOf({ payload: null, encoding: null })).toHaveLength(0);
});

test("a hex dump has offset, bytes and text", () => {
  expect(hex(new TextEncoder().encode("sensor \u0001 21.5 °C!"))).toBe(
    "000000  73 65 6e 73 6f 72 20 01 20 32 31 2e 35 20 c2 b0  sensor . 21.5 ..\n" +
      "000010  43 21                                            C!",
  );
  expect(hex(new Uint8Array(40), 32).split("\n")[2]).toBe("… 8 bytes more");
});

test("numbers are found wherever they are in JSON", () => {
  expect(numbers(text("21.5"))).toEqual([{ path: "", value: 21.5 }]);
  expect(numbers(text('{"a":{"b":[1,{"c":2}]},"on":true,"t":"21","n":null}'))).toEqual([
    { path: "a.b.0", value: 1 },
    { path: "a.b.1.c", value: 2 },
    { path: "on", value: 1 },
  ]);
  for (const none of ["", "hello", "NaN", "{", '{"__proto__":"x"}']) expect(numbers(text(none))).toEqual([]);
  expect(numbers(text(JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ [i]: i })))))).toHaveLength(8);
  let deep = "1";
  for (let i = 0; i < 1000; i++) deep = `[${deep}]`;
  expect(numbers(text(deep))).toEqual([]);
});

test("what changed is told field by field", () => {
  expect(changes(text('{"t":1,"h":2}'), text('{"t":1,"h":3,"n":"x"}'))).toEqual([
    { path: "h", before: "2", after: "3" },
    { path: "n", before: undefined, after: '"x"' },
  ]);
  expect(changes(text("on"), text("off"))).toEqual([{ path: "", before: "on", after: "off" }]);
  expect(changes(text('{"a":1}'), text('{"a":1}'))).toEqual([]);
  const bytes = (payload: string) => ({ payload, encoding: "base64" });
  expect(changes(bytes("AP8="), bytes("AP4="))).toEqual([{ path: "", before: "00 ff", after: "00 fe" }]);
  expect(json({ payload: "AP8=", encoding: "base64" })).toBeUndefined();
});
