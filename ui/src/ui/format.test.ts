import { expect, test } from "vitest";
import { ago, amount, bytes, count, figure, many, span } from "./format";

test("numbers are grouped thinly and not more exact than anybody reads", () => {
  expect(count(1234567)).toBe("1\u202f234\u202f567");
  expect([0, 0.004, 0.25, Math.PI, 47.123, 999.6, 12345.6].map(amount)).toEqual([
    "0",
    "0.0040",
    "0.25",
    "3.14",
    "47.1",
    "1\u202f000",
    "12\u202f346",
  ]);
  expect(many(1, "client")).toBe("1 client");
  expect(many(0, "client")).toBe("0 clients");
});

test("sizes are binary", () => {
  expect([0, 1023, 1024, 1536, 10 * 1024 * 1024, 3 * 1024 ** 4].map(bytes)).toEqual([
    "0 B",
    "1\u202f023 B",
    "1 KiB",
    "1.5 KiB",
    "10 MiB",
    "3 TiB",
  ]);
});

test("times are told in the unit that fits", () => {
  expect([0, 45, 89, 90, 3600, 12000, 90000, 12 * 86400].map(span)).toEqual([
    "0 s",
    "45 s",
    "89 s",
    "2 min",
    "60 min",
    "3 h 20 min",
    "25 h",
    "12 days",
  ]);
  expect(ago(1000, 1500)).toBe("just now");
  expect(ago(0, 12_000)).toBe("12 s ago");
  expect(ago(60_000, 0)).toBe("in 60 s");
});

test("measured values keep four digits that matter", () => {
  expect([0, 0.0012346, 12.05, -12.054, 1013.25, 123456].map(figure)).toEqual([
    "0",
    "0.001235",
    "12.05",
    "-12.05",
    "1\u202f013",
    "123\u202f456",
  ]);
});
