import { expect, test } from "vitest";
import { filterNotes, filterProblem, inOrder, isModern, repeated, saying, topicProblem } from "./acl";

test("filters are what MQTT allows", () => {
  for (const good of [
    "#",
    "+",
    "a",
    "a/#",
    "+/b/#",
    "a/+/c",
    "/",
    "//",
    "a b/ü",
    "$SYS/#",
    "%u/#",
    "a".repeat(65_535),
  ]) {
    expect(filterProblem(good), good.slice(0, 20)).toBeUndefined();
  }
  for (const bad of [
    "",
    "a#",
    "#/a",
    "a/#/b",
    "a+",
    "a/b+/c",
    "##",
    "a\u0000",
    "a\nb",
    "/".repeat(201),
    "ü".repeat(40_000),
  ]) {
    expect(filterProblem(bad), bad.slice(0, 20)).toBeDefined();
  }
  expect(topicProblem("a/b")).toBeUndefined();
  expect(topicProblem("a/+")).toBeDefined();
});

test("%u is explained where it does not do what one expects", () => {
  const acl = (acltype: string, topic: string) => ({ acltype, topic });
  expect(filterNotes(acl("publishClientSend", "s/%u/#"), "2.1.0")).toEqual([]);
  expect(filterNotes(acl("publishClientSend", "s/%u/#"), "2.0.11")[0]).toContain("2.0.11");
  expect(filterNotes(acl("subscribeLiteral", "s/%u"), "2.1.0")).toHaveLength(1);
  expect(filterNotes(acl("publishClientSend", "s-%u"), "2.1.0")).toHaveLength(1);
  expect(filterNotes(acl("publishClientSend", "s/x"), undefined)).toEqual([]);
  expect(["2.0.11", "1.6", "2.1.0", "2.10", "3.0"].map(isModern)).toEqual([false, false, true, true, true]);
});

test("rules stand in the order in which they decide, and repetitions are found", () => {
  const rule = (topic: string, priority: number) => ({ acltype: "publishClientSend", topic, priority, allow: true });
  expect(inOrder([rule("a", 0), rule("b", 5), rule("c", 0)]).map((r) => r.topic)).toEqual(["b", "a", "c"]);
  expect([...repeated([rule("a", 0), rule("b", 0), rule("a", 7)])]).toEqual([2]);
});

test("rules read as sentences", () => {
  const say = (acltype: string, topic: string, allow: boolean) => saying({ acltype, topic, allow });
  expect(say("publishClientSend", "sensors/#", true)).toEqual({ verb: "may publish to", topic: "sensors/…" });
  expect(say("subscribePattern", "#", false)).toEqual({ verb: "may not subscribe to every topic", topic: "" });
  expect(say("subscribeLiteral", "#", true)).toEqual({ verb: "may subscribe to exactly", topic: "#" });
});
