import { expect, test } from "vitest";
import { generatePassword } from "./password";

test("generated passwords are long, readable and never the same", () => {
  const all = new Set(Array.from({ length: 500 }, () => generatePassword()));
  expect(all.size).toBe(500);
  for (const password of all) expect(password).toMatch(/^[2-9a-kmnp-zA-HJ-NP-Z]{24}$/);
});

test("every character is as likely as any other", () => {
  const seen = new Map<string, number>();
  for (const c of generatePassword(56_000)) seen.set(c, (seen.get(c) ?? 0) + 1);
  expect(seen.size).toBe(56);
  for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(250);
});
