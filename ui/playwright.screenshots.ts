import { defineConfig } from "@playwright/test";
import suite from "./playwright.config";

// Not a test: it takes a picture of every page in both themes, for people to look at.
export default defineConfig({
  ...suite,
  projects: [{ name: "shots", testMatch: "*.shots.ts" }],
  workers: 1,
  timeout: 300_000,
});
