import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Addresses in the page are relative to <base>, which the server sets: the page may stand below a prefix.
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: false, // scripts/compress.mjs and the .keep file live with it; `make` removes what is old
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the policy of the page allows no data: scripts
    sourcemap: false,
  },
  server: { proxy: { "/api": { target: process.env.BUNKERM_URL ?? "http://127.0.0.1:2000" } } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
