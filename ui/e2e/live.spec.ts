// The page lives: one stream for all tabs of a browser, and what it shows when the broker, or BunkerM, dies under it.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { expect, House, signIn, test } from "./house";

// brokerPID finds the mosquitto of a house.
function brokerPID(house: House): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [program] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      if (program?.endsWith("mosquitto") && readlinkSync(`/proc/${pid}/cwd`).startsWith(house.dir)) return Number(pid);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error("the broker is not running");
}

test("eight tabs need one stream, and all of them live", async ({ context, page, house }) => {
  await signIn(page, house);
  const tabs = [page];
  for (let i = 1; i < 8; i++) {
    const tab = await context.newPage();
    await tab.goto(house.url);
    tabs.push(tab);
  }
  for (const tab of tabs) await expect(tab.getByRole("banner").getByText("Mosquitto 2")).toBeVisible();
  const device = house.subscribe("tabs", await house.device("tabs"), "tabs/#");
  try {
    for (const tab of tabs) await expect(tab.getByRole("banner").getByText(/· [1-9]\d* clients?\b/)).toBeVisible();
  } finally {
    device.kill();
  }
  for (const tab of tabs) await expect(tab.getByRole("banner").getByText(/· 0 clients/)).toBeVisible();
  for (const tab of tabs.slice(1)) await tab.close();
});

test("a broker that dies is told, and its return too", async ({ page, house }) => {
  await signIn(page, house);
  const sentence = page.getByRole("banner");
  await expect(sentence.getByText("Running", { exact: true })).toBeVisible();
  // The keeper brings it back within a blink the first time, and waits longer each time that it dies again.
  const away = sentence.getByText(/Stopped|Starting|Not reachable/);
  await expect(async () => {
    process.kill(brokerPID(house), "SIGKILL");
    await expect(away).toBeVisible({ timeout: 1500 });
  }).toPass({ timeout: 60_000, intervals: [100] });
  await expect(sentence.getByText("Running", { exact: true })).toBeVisible({ timeout: 30_000 });
});

test("a BunkerM that dies is told with what was known, and heals without a reload", async ({ page }, info) => {
  info.annotations.push({ type: "provokes", description: "Failed to load resource" });
  info.annotations.push({ type: "provokes", description: "ERR_" });
  info.annotations.push({ type: "provokes", description: "the code of this page did not come" });
  const house = new House({ BUNKERM_ADMIN_USER: "admin", BUNKERM_ADMIN_PASSWORD: "correct horse battery" });
  await house.start();
  try {
    await signIn(page, house);
    await expect(page.getByRole("banner").getByText("Mosquitto 2")).toBeVisible();
    await page.evaluate(() => {
      document.body.dataset.loaded = "once";
    });
    await house.end("SIGKILL");
    await expect(page.getByText("No connection to BunkerM, trying again")).toBeVisible();
    await expect(page.getByRole("banner").getByText("Mosquitto 2")).toBeVisible();
    // A page whose code is not here yet cannot come either: that is said inside the frame, and heals too.
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Roles" }).click();
    await expect(page.getByRole("heading", { name: "This page could not be shown" })).toBeVisible();
    await expect(page.getByText("BunkerM does not answer.")).toBeVisible();
    await expect(page.getByRole("banner").getByText("Mosquitto 2")).toBeVisible();
    await house.start();
    await expect(page.getByText("No connection to BunkerM, trying again")).toBeHidden({ timeout: 30_000 });
    await expect(page.getByRole("banner").getByText("Running", { exact: true })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Roles", level: 1 })).toBeVisible({ timeout: 30_000 });
    expect(await page.evaluate(() => document.body.dataset.loaded)).toBe("once");
  } finally {
    await house.close();
  }
});

test("a session that is ended elsewhere asks to sign in again, over the page", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "401" });
  await signIn(page, house);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages" }).fill("half a thought");
  await house.api("/auth/users/admin/sessions", { method: "DELETE" });
  // The stream says so at once: nobody has to press anything to find out.
  await expect(page.getByRole("dialog", { name: "Your session has ended" })).toBeVisible();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("dialog", { name: "Your session has ended" })).toBeHidden();
  await expect(page.getByRole("combobox", { name: "Search pages" })).toHaveValue("half a thought");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("banner").getByText("Mosquitto 2")).toBeVisible();
});

test("where nothing is observed, one click observes everything, and says what that costs", async ({ page, house }) => {
  const password = await house.device("meter");
  await house.api("/settings/monitor", { method: "PUT", body: { observed: [] } });
  await signIn(page, house);
  await page.goto(`${house.url}/topics`);
  await expect(page.getByText("Messages are not observed")).toBeVisible();
  await expect(page.getByText("as much traffic again as comes in")).toBeVisible();
  await page.getByRole("button", { name: "Observe everything" }).click();
  await expect(page.getByText("Messages are not observed")).toBeHidden();
  house.publish("meter", password, "meter/power", "12.5");
  await page.goto(`${house.url}/topics?topic=meter%2Fpower`);
  await expect(page.getByText("12.5").first()).toBeVisible();
});
