// What the tests of the page Configuration have in common.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, type House } from "./house";

export const conf = (house: House) => readFileSync(join(house.dir, "broker", "mosquitto.conf"), "utf8");

export const setting = (page: Page, key: string) => page.getByRole("textbox", { name: key, exact: true });

export const editor = (page: Page) => page.getByRole("textbox", { name: /^Text of / });

export async function open(page: Page, house: House, query = ""): Promise<void> {
  await page.goto(`${house.url}/admin/config${query}`);
  await page.getByRole("heading", { level: 1, name: "Configuration" }).waitFor();
}

// type writes at the end of the text.
export async function type(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text);
}

// axe expects no fault of the page as it stands.
export async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join("\n")}`).join("\n")).toBe("");
}
