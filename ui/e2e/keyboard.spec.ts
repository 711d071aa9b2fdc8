// Without a mouse: everything that is done often is done by keys, and one always sees where one is.
import type { Locator, Page } from "@playwright/test";
import { admin, expect, type House, test } from "./house";

// somewhere expects the focus on something that is to be seen, and not on the page as a whole.
async function somewhere(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(() => {
        const at = document.activeElement;
        if (!at || at === document.body) return "nowhere";
        const box = at.getBoundingClientRect();
        if (box.bottom <= 0 || box.top >= innerHeight || box.width === 0)
          return `out of sight: ${at.outerHTML.slice(0, 80)}`;
        const style = getComputedStyle(at);
        return at.matches(":focus-visible") && (style.outlineStyle !== "none" || style.boxShadow !== "none")
          ? ""
          : "unseen";
      }),
    )
    .toBe("");
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

// enter signs in and never touches a mouse.
async function enter(page: Page, house: House): Promise<void> {
  await page.goto(house.url);
  await expect(page.getByLabel("Username")).toBeFocused();
  await page.keyboard.type(admin.username);
  await press(page, "Tab");
  await expect(page.getByLabel("Password")).toBeFocused();
  await page.keyboard.type(admin.password);
  await press(page, "Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
}

// keeps goes once round a dialog, forwards and backwards, and expects never to leave it.
async function keeps(page: Page, dialog: Locator): Promise<void> {
  const stops = await dialog.locator("button, input, select, textarea, a[href], [tabindex='0']").count();
  for (const key of ["Tab", "Shift+Tab"]) {
    for (let i = 0; i <= stops; i++) {
      await press(page, key);
      expect(await dialog.evaluate((d) => d.contains(document.activeElement))).toBe(true);
    }
  }
}

test("an operator finds out why a device was refused", async ({ page, house }) => {
  const password = await house.device("boiler");
  const recorded = async (event: string) =>
    (await house.api<{ events: unknown[] }>(`/clientlogs?event=${event}`)).events.length > 0;
  // A broker that has just started does not log yet what it denies.
  await expect(async () => {
    house.publish("boiler", password, "heating/valve", "open");
    await expect.poll(() => recorded("denied"), { timeout: 1000 }).toBe(true);
  }).toPass({ timeout: 30_000 });
  house.publish("boiler", "not its password", "boiler/temperature", "61");
  await expect.poll(() => recorded("auth_failure")).toBe(true);
  await enter(page, house);

  await press(page, "Control+k");
  await page.keyboard.type("boiler");
  await expect(page.getByRole("option", { name: /^boiler\s*client$/ })).toHaveAttribute("aria-selected", "true");
  await press(page, "Enter");
  await expect(page.getByRole("heading", { level: 1, name: "boiler" })).toBeVisible();
  await somewhere(page);
  const matter = page.getByRole("region", { name: "What is the matter" });
  await expect(matter).toContainText("Most likely it has a wrong password.");
  await expect(matter).toContainText("denied: publish to heating/valve");

  // Tab comes to the way out of the denial; Enter takes it.
  const ask = matter.getByRole("link", { name: "Ask why" });
  await expect(async () => {
    await press(page, "Tab");
    await expect(ask).toBeFocused({ timeout: 50 });
  }).toPass({ timeout: 15_000, intervals: [0] });
  await somewhere(page);
  await press(page, "Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Access check" })).toBeVisible();
  await expect(page.getByText(/boiler may not publish .*heating\/valve, because no rule fits/)).toBeVisible();
  await somewhere(page);
});

test("g and a letter open every page that has one", async ({ page, house }) => {
  await enter(page, house);
  const pages = {
    c: "Clients",
    r: "Roles",
    a: "Anomalies",
    p: "Access check",
    s: "Sessions",
    e: "Events",
    t: "Topics",
    l: "Broker log",
    b: "Broker",
    o: "Overview",
  };
  for (const [key, name] of Object.entries(pages)) {
    await press(page, "g", key);
    await expect(page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
    await somewhere(page);
  }
});

test("a list is searched, walked through and opened", async ({ page, house }) => {
  for (const name of ["door-1", "door-2", "door-3", "window-1"]) {
    await house.api("/dynsec/clients", { body: { username: name, password: "a password of a device" } });
  }
  await enter(page, house);
  await press(page, "g", "c");
  const rows = page.getByRole("grid", { name: "Clients" });
  await expect(rows.getByText("window-1")).toBeVisible();

  await press(page, "/");
  await expect(page.getByRole("searchbox", { name: "Search clients" })).toBeFocused();
  await page.keyboard.type("door");
  await expect(rows.getByText("window-1")).toBeHidden();
  await expect(rows.getByRole("row")).toHaveCount(4); // the head and three doors: what was found is there
  await press(page, "Escape");
  await somewhere(page);
  await press(page, "j", "j", "j", "k");
  await expect(rows.locator("[data-current]")).toContainText("door-2");
  await somewhere(page);
  await press(page, "Space");
  await expect(rows.getByRole("checkbox", { name: "Select door-2" })).toBeChecked();
  await press(page, "Enter");
  await expect(page.getByRole("heading", { level: 1, name: "door-2" })).toBeVisible();
  await somewhere(page);
});

test("dialogs keep the focus inside, and give it back", async ({ page, house }) => {
  await enter(page, house);
  await press(page, "g", "c");
  const rows = page.getByRole("grid", { name: "Clients" });
  await expect(rows.getByRole("row").nth(1)).toBeVisible();
  await press(page, "j");
  await expect(rows).toBeFocused();

  await press(page, "n");
  const create = page.getByRole("dialog", { name: "Create client" });
  await expect(create.getByLabel("Username")).toBeFocused();
  // What is typed is text, also where it is the name of a key.
  await page.keyboard.type("gnj?");
  await expect(create.getByLabel("Username")).toHaveValue("gnj?");
  await keeps(page, create);
  await press(page, "Escape");
  await expect(create).toBeHidden();
  await expect(rows).toBeFocused();

  await press(page, "?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await expect(help.getByText("search pages, clients, topics and actions")).toBeVisible();
  await press(page, "g", "r"); // means nothing here
  await press(page, "Escape");
  await expect(help).toBeHidden();
  await expect(rows).toBeFocused();
  await expect(page.getByRole("heading", { level: 1, name: "Clients" })).toBeVisible();

  await press(page, "Control+k");
  const palette = page.getByRole("dialog", { name: "Search" });
  await keeps(page, palette);
  await press(page, "Escape");
  await expect(palette).toBeHidden();
  await expect(rows).toBeFocused();
});
