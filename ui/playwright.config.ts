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
  // Long enough for a machine that does other things too: what is there is found at once all the same.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  forbidOnly: true,
  reporter: [["line"]],
  use: { ...browser, trace: "retain-on-failure", screenshot: "only-on-failure" },
});
