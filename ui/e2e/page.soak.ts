// A visitor of the soak: goes round all pages and makes clients, while the broker and BunkerM are killed under it. What it
// saw being made goes into a file, line by line; the soak looks for it afterwards.
import { appendFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";

const { BUNKERM_SOAK_URL, BUNKERM_SOAK_MADE, BUNKERM_SOAK_SECONDS, BUNKERM_SOAK_USER, BUNKERM_SOAK_PASSWORD } =
  process.env;

// The page may be out of use for so long: BunkerM is started again within seconds.
const patience = 90_000;

function note(line: string): void {
  appendFileSync(BUNKERM_SOAK_MADE ?? "", `${line}\n`);
}

// enter loads the page, and signs in where it asks.
async function enter(page: Page): Promise<void> {
  await page.goto(BUNKERM_SOAK_URL ?? "");
  const rail = page.getByRole("navigation", { name: "Pages" });
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
  await page.goto(`${BUNKERM_SOAK_URL}/clients`);
  await page.getByRole("button", { name: "Create client" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill(name);
  await dialog.getByRole("button", { name: "Create client" }).click();
  await page.getByRole("dialog", { name: /Created/ }).waitFor();
  note(`client ${name}`);
  await page.getByLabel("I have kept the password").check();
  await page.getByRole("button", { name: "Done" }).click();
}

test("the page is used", async ({ page }) => {
  const end = Date.now() + Number(BUNKERM_SOAK_SECONDS) * 1000;
  let lastGood = Date.now();
  for (let n = 0; Date.now() < end; n++) {
    try {
      await enter(page);
      await makeClient(page, `soak-page-${n}`);
      await tour(page);
      lastGood = Date.now();
    } catch (error) {
      // BunkerM or the broker may be away. Whether a client was made that nobody saw being made does not matter.
      if (Date.now() - lastGood > patience) throw error;
      note(`trouble: ${(error instanceof Error ? error.message : String(error)).split("\n", 4).join(" ")}`);
    }
    await page.waitForTimeout(Math.min(2000, Math.max(0, end - Date.now())));
  }
});
