// What holds for every page: no fault by axe (WCAG 2.2 AA) in either theme, no error in the console, nothing wider than a
// phone, and hostile names that are text and nothing else.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { everyPage, furnish } from "./furnished";
import { expect, type House, settled, signIn, test } from "./house";

async function open(page: Page, house: House, path: string): Promise<void> {
  await page.goto(house.url + path);
  await settled(page);
}

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing on any page, ${theme}`, async ({ page, house }) => {
    test.setTimeout(600_000);
    await page.emulateMedia({ colorScheme: theme });
    await signIn(page, house);
    await furnish(house);
    const faults: string[] = [];
    for (const path of everyPage) {
      await open(page, house, path);
      const found = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
        .analyze();
      for (const v of found.violations)
        faults.push(
          `${path}: ${v.id}: ${v.help}\n  ${v.nodes
            .map((n) => n.html)
            .slice(0, 3)
            .join("\n  ")}`,
        );
    }
    expect(faults.join("\n")).toBe("");
  });
}

test("no page is wider than a phone", async ({ page, house }) => {
  test.setTimeout(600_000);
  await furnish(house);
  await page.setViewportSize({ width: 375, height: 740 });
  await page.goto(house.url);
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Menu" }).waitFor();
  const wide: string[] = [];
  for (const path of everyPage) {
    await open(page, house, path);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 375) wide.push(`${path} is ${width} wide`);
  }
  expect(wide.join("\n")).toBe("");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("link", { name: "Events" }).click();
  await expect(page.getByRole("heading", { name: "Events" })).toBeVisible();
});

test("a name that nobody has is a page that says so", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "404" });
  await signIn(page, house);
  for (const path of ["/clients/nobody", "/clients/nobody?by=clientid", "/roles/nobody", "/groups/nobody"]) {
    await page.goto(house.url + path);
    await expect(
      page.getByText(/no .*(called|name|such)|nobody|never|does not exist|not exist/i).first(),
    ).toBeVisible();
  }
});
