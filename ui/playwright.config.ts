import { readdirSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import { browser } from "./e2e/browser";

// The tests use the real binary (bin/bunkerm, which `make build` makes) with a real mosquitto, in Debian's Chromium.
export default defineConfig({
  testDir: "e2e",
  // Each file is a project of its own, which gives it a house of its own: none finds what another has left there.
  projects: readdirSync(new URL("e2e", import.meta.url))
    .filter((name) => name.endsWith(".spec.ts"))
    .map((name) => ({ name: name.replace(".spec.ts", ""), testMatch: name })),
  outputDir: "test-results",
  fullyParallel: false,
  workers: 2,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [["line"]],
  use: { ...browser, trace: "retain-on-failure", screenshot: "only-on-failure" },
});
