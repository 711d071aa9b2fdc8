import { defineConfig } from "@playwright/test";
import { browser } from "./e2e/browser";

// Not a test of the page but a visitor of the soak (make soak): it uses the page for as long as it is told.
export default defineConfig({
  testDir: "e2e",
  testMatch: "page.soak.ts",
  outputDir: "test-results/soak",
  workers: 1,
  retries: 0,
  timeout: 0,
  reporter: [["line"]],
  use: { ...browser, actionTimeout: 10_000, navigationTimeout: 20_000 },
});
