import { expect, test } from "vitest";
import { noteOf } from "./watch-notes";

test("what was not seen of the messages is said", () => {
  expect(noteOf("sampled", { shown: 200, seen: 4321 })).toBe(
    "4\u202f321 messages came in the last second, 200 of them are shown.",
  );
  expect(noteOf("lost", { messages: 7 })).toContain("7 messages");
  expect(noteOf("connection", { connected: false })).toContain("not seen");
  expect(noteOf("connection", { connected: true })).toBe("");
  expect(noteOf("closed", { status: 422, problem: { detail: "no such filter" } })).toBe("no such filter");
  expect(noteOf("message", {})).toBeUndefined();
});
