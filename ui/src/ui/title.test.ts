import { expect, test } from "vitest";
import { titleOf } from "./title";

test("the title counts what waits, and nothing where nothing does", () => {
  expect(titleOf("Clients", 0)).toBe("Clients · BunkerM");
  expect(titleOf("Clients", 3)).toBe("(3) Clients · BunkerM");
  expect(titleOf("", 0)).toBe("BunkerM");
  expect(titleOf("", 12)).toBe("(12) BunkerM");
});
