// People and what they may do: an admin lets a viewer in and out again, the API key shows itself only for a password, and
// the audit tells both.
import { readFileSync } from "node:fs";
import { admin, expect, signIn, test } from "./house";

test("an admin lets a viewer in, and out again", async ({ page, house, browser }, info) => {
  info.annotations.push({ type: "provokes", description: "403" }, { type: "provokes", description: "401" });
  await signIn(page, house);
  await page.goto(`${house.url}/admin/users`);
  await page.getByRole("button", { name: "Create user" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill("vera");
  await dialog.getByRole("button", { name: "Create user" }).click();
  await expect(dialog).toContainText("shown this once");
  const password = (await dialog.locator("code").first().textContent()) ?? "";
  // The secret does not go by accident.
  await page.keyboard.press("Escape");
  await expect(dialog).toContainText("shown this once");
  await dialog.getByLabel("I have kept the password").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("grid", { name: "Users" })).toContainText("vera");

  const elsewhere = await browser.newContext();
  const vera = await elsewhere.newPage();
  await signIn(vera, house, { username: "vera", password });
  const pages = vera.getByRole("navigation", { name: "Pages" });
  await expect(pages.getByRole("link", { name: "Broker", exact: true })).toBeVisible();
  await expect(pages.getByRole("link", { name: "Users" })).toHaveCount(0);
  await expect(pages.getByRole("link", { name: "Audit" })).toHaveCount(0);
  await vera.goto(`${house.url}/admin/broker`);
  await expect(vera.getByText("An admin can change them.")).toBeVisible();
  await expect(vera.getByRole("heading", { name: "Observation" })).toBeVisible();
  await expect(vera.getByRole("heading", { name: "API key" })).toHaveCount(0);
  await expect(vera.getByRole("textbox")).toHaveCount(0);
  const refused = await vera.evaluate(async () => {
    const body = JSON.stringify({ observed: [] });
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/api/settings/monitor", { method: "PUT", headers, body })).status;
  });
  expect(refused).toBe(403);

  // Another role holds at once, without signing in again.
  await page.getByText("vera").click();
  await dialog.getByRole("button", { name: "Change role" }).click();
  await dialog.getByLabel("operator").check();
  await dialog.getByRole("button", { name: "Change role" }).click();
  await expect(page.getByText("vera is operator now.")).toBeVisible();
  await vera.goto(`${house.url}/account`);
  await expect(vera.getByText("also changes clients, roles and groups")).toBeVisible();

  await page.getByRole("grid", { name: "Users" }).getByText("vera").click();
  await dialog.getByRole("button", { name: "Disable", exact: true }).click();
  await expect(dialog).toContainText("1 browser is signed in now.");
  await dialog.getByRole("button", { name: "Disable user" }).click();
  await expect(page.getByText("vera cannot sign in any more.")).toBeVisible();
  await vera.goto(`${house.url}/account`);
  await expect(vera.getByRole("button", { name: "Sign in" })).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect(page.getByRole("grid", { name: "Users" }).getByText("disabled")).toHaveCount(0);
  await elsewhere.close();
});

test("the last admin stays", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "409" });
  await signIn(page, house);
  await page.goto(`${house.url}/admin/users?user=admin`);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("button", { name: "Remove user" }).click();
  await expect(dialog.getByText("This is the last admin who can sign in.")).toBeVisible();
});

test("the API key shows itself for a password, and the audit tells", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "422" });
  const key = house.command("apikey", "show");
  await signIn(page, house);
  await page.goto(`${house.url}/admin/broker`);
  const panel = page.locator("section", { hasText: "in the header X-API-Key" });
  await expect(panel).toContainText(key.slice(-4));
  await expect(panel).not.toContainText(key);
  await panel.getByRole("button", { name: "Show" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("not the password");
  await dialog.getByRole("button", { name: "Show key" }).click();
  await expect(dialog).toContainText("is not right");
  await expect(panel).not.toContainText(key);
  await dialog.getByLabel("Your password").fill(admin.password);
  await dialog.getByRole("button", { name: "Show key" }).click();
  await expect(panel).toContainText(key);
  await panel.getByRole("button", { name: "Hide" }).click();
  await expect(panel).not.toContainText(key);

  await page.goto(`${house.url}/admin/audit?action=auth.primary_key.reveal`);
  const audit = page.getByRole("grid", { name: "Audit" });
  await expect(audit).toContainText("admin");
  await expect(audit).toContainText("api-key/primary");
});

test("a changed setting is told line by line, and the chain is whole", async ({ page, house }) => {
  await signIn(page, house);
  await page.goto(`${house.url}/admin/broker`);
  await page.getByLabel("Events, days").fill("91");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("How long things are kept was changed.")).toBeVisible();
  await page.goto(`${house.url}/admin/audit?object=settings/clientlogs`);
  await page.getByRole("grid", { name: "Audit" }).getByText("settings.update").first().click();
  const change = page.getByRole("region", { name: "Before and after" });
  await expect(change.locator(".removed")).toContainText('"events_days": 90');
  await expect(change.locator(".added")).toContainText('"events_days": 91');
  await expect(page).toHaveURL(/entry=\d+/);
  await page.goBack();
  await expect(change).toHaveCount(0);
  await page.getByRole("button", { name: "Check the chain" }).click();
  await expect(page.getByText(/The chain of \d+ entries is whole/)).toBeVisible();
  const downloads = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export JSON lines" }).click();
  const lines = readFileSync(await (await downloads).path(), "utf8")
    .trim()
    .split("\n");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ object: "settings/clientlogs" });
});
