// A visitor of the soak: goes round all pages and makes clients, while the broker and BunkerM are killed under it. What it
// saw being made goes into a file, line by line; the soak looks for it afterwards.
import { appendFileSync } from "node:fs";
import { type CDPSession, expect, type Page, test } from "@playwright/test";

const { BUNKERM_SOAK_URL, BUNKERM_SOAK_MADE, BUNKERM_SOAK_SECONDS, BUNKERM_SOAK_USER, BUNKERM_SOAK_PASSWORD } =
  process.env;

// The page may be out of use for so long: BunkerM is started again within seconds.
const patience = 90_000;

function note(line: string): void {
  appendFileSync(BUNKERM_SOAK_MADE ?? "", `${line}\n`);
}

// enter loads the page where it is not there already, and signs in where it asks. It stays loaded for as long as it works, so
// that what it does not give back adds up.
async function enter(page: Page): Promise<void> {
  const rail = page.getByRole("navigation", { name: "Pages" });
  if (await rail.isVisible()) return;
  await page.goto(BUNKERM_SOAK_URL ?? "");
  const username = page.getByLabel("Username");
  await rail.or(username).first().waitFor();
  if (await rail.isVisible()) return;
  await username.fill(BUNKERM_SOAK_USER ?? "");
  await page.getByLabel("Password").fill(BUNKERM_SOAK_PASSWORD ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await rail.waitFor();
}

// tour visits every page of the rail.
async function tour(page: Page): Promise<void> {
  const links = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
  const count = await links.count();
  expect(count).toBeGreaterThan(5);
  for (let i = 0; i < count; i++) {
    const link = links.nth(i);
    if ((await link.getAttribute("href"))?.endsWith("/api/docs")) continue; // not a page of ours
    await link.click();
    await page.getByRole("heading", { level: 1 }).first().waitFor();
  }
  note("round");
}

async function makeClient(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Clients", exact: true }).click();
  await page.getByRole("button", { name: "Create client" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill(name);
  await dialog.getByRole("button", { name: "Create client" }).click();
  await page.getByRole("dialog", { name: /Created/ }).waitFor();
  note(`client ${name}`);
  await page.getByLabel("I have kept the password").check();
  await page.getByRole("button", { name: "Done" }).click();
}

// weigh notes how much the page's own program holds when it has thrown away all that it can.
async function weigh(page: Page, cdp: CDPSession): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "About" }).click();
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  note(`heap ${usedSize}`);
}

test("the page is used", async ({ page }) => {
  const end = Date.now() + Number(BUNKERM_SOAK_SECONDS) * 1000;
  let lastGood = Date.now();
  const cdp = await page.context().newCDPSession(page);
  for (let n = 0; Date.now() < end; n++) {
    try {
      await enter(page);
      await makeClient(page, `soak-page-${n}`);
      await tour(page);
      await weigh(page, cdp);
      lastGood = Date.now();
    } catch (error) {
      // BunkerM or the broker may be away. Whether a client was made that nobody saw being made does not matter.
      if (Date.now() - lastGood > patience) throw error;
      await page.goto("about:blank"); // and begin anew
      note(`trouble: ${(error instanceof Error ? error.message : String(error)).split("\n", 4).join(" ")}`);
    }
    await page.waitForTimeout(Math.min(2000, Math.max(0, end - Date.now())));
  }
});
