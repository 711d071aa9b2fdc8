import { defineConfig } from "@playwright/test";
import { browser } from "./e2e/browser";

// The tests use the real binary (bin/bunkerm, which `make build` makes) with a real mosquitto, in Debian's Chromium.
export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
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
