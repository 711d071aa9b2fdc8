// The browser of the tests: Debian's Chromium, or the one that BUNKERM_TEST_CHROMIUM names.
export const browser = {
  browserName: "chromium" as const,
  viewport: { width: 1280, height: 800 },
  locale: "en-GB",
  timezoneId: "Europe/Berlin",
  launchOptions: {
    executablePath: process.env.BUNKERM_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};
