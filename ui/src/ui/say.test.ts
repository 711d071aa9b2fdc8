import { expect, test } from "vitest";
import { sentence } from "./say";

test("names at the beginning of a sentence stay as they are", () => {
  expect(sentence("sys_interval is a whole number")).toBe("sys_interval is a whole number.");
  expect(sentence("certs/server.crt is not there")).toBe("certs/server.crt is not there.");
  expect(sentence("there is no such line")).toBe("There is no such line.");
});
