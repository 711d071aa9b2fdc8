import { describe, expect, it } from "vitest";
import { abilities, browserName } from "./words";

describe("browserName", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  it.each([
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/130.0.0.0 Safari/537.36`, "Chrome 130 on Linux"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/130.0.0.0 Safari/537.36`, "Chrome 130 on Linux"],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64) ${webkit} Chrome/130.0.0.0 Safari/537.36 Edg/131.0.1`,
      "Edge 131 on Windows",
    ],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 on macOS"],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1`,
      "Safari 18 on iOS",
    ],
    [`Mozilla/5.0 (Linux; Android 15) ${webkit} Chrome/130.0.0.0 Mobile Safari/537.36`, "Chrome 130 on Android"],
    ["curl/8.5.0", "curl/8.5.0"],
    ["", "an unnamed program"],
  ])("%s", (agent, name) => {
    expect(browserName(agent)).toBe(name);
  });
});

describe("abilities", () => {
  it("tells what is missing too", () => {
    const told = abilities(["dynsec:read", "something:new"]);
    expect(told.filter((a) => a.allowed).map((a) => a.words)).toEqual(["see clients, roles and groups"]);
    expect(told.length).toBeGreaterThan(10);
  });
});
