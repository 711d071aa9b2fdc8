// The page Backups: one is made and kept, and one is taken away that is a whole archive.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { axe } from "./configuration";
import { expect, settled, signIn, test } from "./house";

test("a backup is made, kept and taken away", async ({ page, house }) => {
  await signIn(page, house);
  await page.goto(`${house.url}/admin/backups`);
  await settled(page);
  await expect(page.getByText("None is kept yet.")).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Back up now" }).click();
  const kept = page.getByRole("list", { name: "Backups" }).getByRole("listitem");
  await expect(kept).toHaveCount(1);
  await expect(kept).toContainText(/nightly-\d+T\d+Z\.tar\.gz/);
  await expect(page.getByText(/bunkerm restore .*nightly-/)).toBeVisible();
  await axe(page);

  const arriving = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download one" }).click();
  const file = await (await arriving).path();
  expect(statSync(file).size).toBeGreaterThan(1000);
  const listed = spawnSync("tar", ["tzf", file], { encoding: "utf8" });
  expect(listed.status).toBe(0);
  expect(listed.stdout).toContain("bunkerm.db");
  await page.emulateMedia({ colorScheme: "dark" });
  await axe(page);
});
