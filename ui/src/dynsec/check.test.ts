import { expect, test } from "vitest";
import { type Decision, frontRoles, type Question, questionProblem, turnable, turned } from "./check";

const question: Question = { username: "lamp", clientid: "", action: "publish", topic: "a/b" };
const rule = (topic: string, priority: number, allow: boolean, acltype = "publishClientSend") => ({
  acltype,
  topic,
  priority,
  allow,
});
const decided = (allow: boolean, by: Decision["decided_by"]): Decision => ({
  allow,
  decided_by: by,
  considered: [],
  truncated: false,
  notes: [],
});
const byDefault = decided(false, { source: "default", matches: true });

test("topics and filters are asked about by what they are", () => {
  expect(questionProblem({ action: "publish", topic: "a/+" })).toBeDefined();
  expect(questionProblem({ action: "subscribe", topic: "a/+" })).toBeUndefined();
});

test("a new rule goes where it decides", () => {
  const roles = ["first", "second", "third"].map((rolename, i) => ({ rolename, priority: -i }));
  expect(frontRoles(roles, byDefault)).toEqual(["first", "second", "third"]);
  const acl = rule("a/#", 3, false);
  const bySecond = decided(false, { source: "client-role", rolename: "second", acl, matches: true });
  expect(frontRoles(roles, bySecond)).toEqual(["first", "second"]);
  const asWhole = decided(false, { source: "client-role", rolename: "second", matches: true });
  expect(frontRoles(roles, asWhole)).toEqual(["first"]);
});

test("the rule is exactly what was asked, before the one that decided, and replaces its opposite", () => {
  const acls = [rule("a/#", 3, false), rule("x", 0, true)];
  const role = { rolename: "r", acls };
  const by = decided(false, { source: "client-role", rolename: "r", acl: rule("a/#", 3, false), matches: true });
  expect(turned(role, question, by)).toEqual([...acls, rule("a/b", 4, true)]);
  const opposite = { rolename: "r", acls: [rule("a/b", 7, false)] };
  const same = decided(false, { source: "client-role", rolename: "r", acl: rule("a/b", 7, false), matches: true });
  expect(turned(opposite, question, same)).toEqual([rule("a/b", 7, true)]);
  expect(turned({ rolename: "other", acls: [] }, question, by)).toEqual([rule("a/b", 0, true)]);
  expect(turned({ rolename: "r", acls: [] }, { ...question, action: "subscribe", topic: "#" }, byDefault)).toEqual([
    rule("#", 0, true, "subscribeLiteral"),
  ]);
});

test("no rule helps whoever cannot log in", () => {
  expect(turnable(byDefault)).toBe(true);
  expect(turnable(decided(false, { source: "login", matches: true }))).toBe(false);
  expect(turnable(decided(false, { source: "broker", matches: true }))).toBe(false);
});
