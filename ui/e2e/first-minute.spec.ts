// The first minute of a new installation: nobody gets in without the token from the console, and whoever has it makes
// the first account.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test as plain } from "@playwright/test";
import { House } from "./house";

plain("the set-up token makes the first account, once", async ({ page }) => {
  const house = new House();
  await house.start();
  try {
    await page.goto(house.url);
    await expect(page.getByText("Make the first account")).toBeVisible();

    // A wrong token is refused before anything is said about passwords.
    await page.getByLabel("Set-up token").fill("guess");
    await page.getByLabel("Username").fill("jo");
    await page.getByLabel("Password", { exact: true }).fill("seven blue kettles");
    await page.getByLabel("Password once more").fill("seven blue kettles");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("alert")).toContainText("set-up token is not right");

    const file = join(house.dir, "setup-token");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(readFileSync(file, "utf8")) as { token: string };
    await page.goto(`${house.url}/#token=${token}`);
    await page.reload();
    await expect(page.getByLabel("Username")).toHaveValue("admin");
    expect(page.url()).not.toContain(token);
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByLabel("Password once more").fill("short");
  } finally {
    await house.close();
  }
});
