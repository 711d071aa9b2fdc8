// Who may do what: a viewer is shown no button that would be refused and no value, is refused when they try all the same,
// and a change of their role holds at once. The API key is nowhere in a browser but where it was asked for by password.
import type { Page } from "@playwright/test";
import { everyPage, furnish } from "./furnished";
import { admin, expect, settled, signIn, test } from "./house";

const viewer = { username: "vivian", password: "seven green kettles" };

// buttons are what only operators and admins may press.
const buttons =
  /^(Create|Publish|Edit|Delete|Disable$|Enable$|Change password|Disconnect|Allow this|Deny this|Clear retained|Replace|Show$|Save|Reset)/;

test("a viewer sees state and nothing to press, and is refused when trying", async ({ browser, page, house }, info) => {
  test.setTimeout(600_000);
  info.annotations.push({ type: "provokes", description: "403" });
  await furnish(house);
  await house.api("/auth/users", { body: { ...viewer, role: "viewer" } });
  await signIn(page, house, viewer);
  const pages = everyPage.filter((path) => !["/account", "/nothing/here"].includes(path));
  for (const path of pages) {
    await page.goto(house.url + path);
    await settled(page);
    const seen = (await page.getByRole("main").getByRole("button").allTextContents()).filter((text) =>
      buttons.test(text.trim()),
    );
    expect(seen, path).toEqual([]);
  }
  await page.goto(`${house.url}/topics?topic=sampler%2Ftemperature`);
  await expect(page.getByText("hidden from your role").first()).toBeVisible();
  await expect(page.getByText("21.7")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Users" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Audit" })).toHaveCount(0);

  const tried = () =>
    page.evaluate(async () => {
      const send = (method: string, path: string, body?: unknown) =>
        fetch(path, {
          method,
          headers: { "Content-Type": "application/json" },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
      const answers = [
        await send("POST", "api/dynsec/clients", { username: "x", password: "y" }),
        await send("POST", "api/monitor/publish", { topic: "a", payload: "b" }),
        await send("GET", "api/auth/users"),
        await send("GET", "api/audit"),
        await send("POST", "api/auth/primary-key/reveal", { password: "seven green kettles" }),
      ];
      return answers.map((a) => a.status);
    });
  expect(await tried()).toEqual([403, 403, 403, 403, 403]);
  const { entries } = await house.api<{ entries: { object: string }[] }>("/audit?actor=vivian&outcome=refused");
  expect(entries.map((e) => e.object)).toContain("POST /dynsec/clients");

  // The admin, in another browser, makes her an operator while her page is open.
  const context = await browser.newContext();
  const other = await context.newPage();
  await signIn(other, house);
  await house.api("/auth/users/vivian", { method: "PUT", body: { role: "operator" } });
  await expect(page.getByRole("button", { name: "Publish", exact: true })).toBeVisible();
  expect(await tried()).toEqual([201, 202, 403, 403, 403]);
  await context.close();
});

// received gathers everything that a page is sent, and returns what holds the key.
function received(page: Page, key: string): { where: string[] } {
  const found = { where: [] as string[] };
  page.on("response", (response) => {
    const type = response.headers()["content-type"] ?? "";
    if (type.startsWith("text/event-stream")) return;
    const headers = JSON.stringify(response.headers()) + JSON.stringify(response.request().headers()) + response.url();
    if (headers.includes(key)) found.where.push(`headers of ${response.url()}`);
    response.text().then(
      (text) => text.includes(key) && found.where.push(new URL(response.url()).pathname),
      () => {}, // a redirect or an empty answer has no text
    );
  });
  return found;
}

test("the API key is nowhere in the browser but in the answer that was asked for", async ({ page, house }) => {
  test.setTimeout(600_000);
  await furnish(house);
  const key = house.command("apikey", "show");
  const found = received(page, key);
  await signIn(page, house);
  for (const path of everyPage) {
    await page.goto(house.url + path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    expect(await page.content(), path).not.toContain(key);
  }
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
  expect(kept).not.toContain(key);
  expect(found.where).toEqual([]);

  await page.goto(`${house.url}/admin/broker`);
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith("/api/auth/primary-key/reveal")),
    (async () => {
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.getByRole("dialog").getByLabel("Password", { exact: false }).fill(admin.password);
      await page.getByRole("dialog").getByRole("button").last().click();
    })(),
  ]);
  expect(answer.headers()["cache-control"]).toBe("no-store");
  await expect(page.getByText(key)).toBeVisible();
  await expect.poll(() => found.where).toEqual(["/api/auth/primary-key/reveal"]);
});
