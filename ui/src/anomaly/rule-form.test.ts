import { expect, test } from "vitest";
import { bodyOf, demands, missing, newRule, ofRule } from "./rule-form";

test("a rule that got no name is called by what it demands, and only what belongs to its kind goes along", () => {
  const form = newRule({ topic: " site/+/t ", low: "3", field: "x", length: "2", unit: "s" });
  expect(bodyOf(form)).toEqual({
    name: "site/+/t silent for 2 s",
    kind: "silent",
    topic: "site/+/t",
    seconds: 2,
    severity: "high",
    enabled: true,
  });
  expect(bodyOf({ ...form, kind: "range", about: "client", client: "pump", high: "8.5" })).toEqual({
    name: "site/+/t not between 3 and 8.5 for 2 s",
    kind: "range",
    topic: "site/+/t",
    field: "x",
    low: 3,
    high: 8.5,
    seconds: 2,
    severity: "high",
    enabled: true,
  });
  expect(bodyOf({ ...form, about: "client", client: "pump" })).toMatchObject({ client: "pump" });
  expect(bodyOf({ ...form, about: "client", client: "pump" })).not.toHaveProperty("topic");
});

test("what is missing is named", () => {
  const form = newRule({ topic: "a", kind: "range" });
  expect(missing(newRule())).toBe("what it is about");
  expect(missing(newRule({ about: "client", topic: "a" }))).toBe("what it is about");
  expect(missing({ ...newRule({ topic: "a" }), length: "0" })).toBe("for how long");
  expect(missing({ ...form, length: "" })).toBe("for how long");
  expect(missing(form)).toBe("a limit");
  expect(missing({ ...form, low: "cold" })).toBe("a number as limit");
  expect(missing({ ...form, low: "9", high: "8" })).toBe("a lower limit that is below the upper one");
  expect(missing({ ...form, low: "0" })).toBeUndefined();
  expect(missing(newRule({ topic: "a" }))).toBeUndefined();
});

test("a stored rule fills the form in the unit that fits, and comes back the same", () => {
  const rule = {
    id: 7,
    name: "warm",
    kind: "range" as const,
    topic: "a/t",
    field: "v",
    seconds: 5400,
    low: 0,
    severity: "low" as const,
    enabled: false,
  };
  expect(ofRule(rule)).toMatchObject({ id: 7, length: "90", unit: "min", low: "0", high: "" });
  const { id, ...body } = rule;
  expect(id).toBe(7);
  expect(bodyOf(ofRule(rule))).toEqual(body);
  expect(ofRule({ ...rule, seconds: 0 })).toMatchObject({ length: "0", unit: "s" });
  expect(ofRule({ ...rule, seconds: 172800 })).toMatchObject({ length: "2", unit: "days" });
});

test("limits are told from the side on which they are broken", () => {
  expect(demands({ kind: "range", seconds: 0, high: 80 })).toBe("above 80");
  expect(demands({ kind: "range", seconds: 120, low: 0 })).toBe("below 0 for 2 min");
});
