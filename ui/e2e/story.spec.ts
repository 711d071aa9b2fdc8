// The story of a device, by the page alone and without reloading it: an account is made, the device comes, its session,
// its events and its topic appear; it is denied a topic, somebody asks why, mends it, and it passes.
import { expect, type House, signIn, test } from "./house";

// denied reports whether the broker turned a message down.
function denied(house: House, password: string, topic: string): boolean {
  const sent = house.publish("windmill", password, topic, "4.2", "-i", "windmill-1");
  return /not authori[sz]ed/i.test(sent.stderr + sent.stdout);
}

test("a device is let in, seen, denied, and helped", async ({ page, house }) => {
  test.setTimeout(600_000);
  await house.recording();
  await signIn(page, house);
  const rail = page.getByRole("navigation", { name: "Pages" });
  await page.evaluate(() => {
    document.body.dataset.loaded = "once";
  });

  await rail.getByRole("link", { name: "Roles" }).click();
  await page.getByRole("button", { name: "Create role" }).first().click();
  const role = page.getByRole("dialog");
  await role.getByLabel("Role name").fill("windmills");
  await role.getByLabel("Begin with").selectOption({ label: "Device with commands" });
  await role.getByLabel("Below the topic").fill("wind");
  await role.getByRole("button", { name: "Create role" }).click();
  await expect(page.getByRole("heading", { name: "windmills" })).toBeVisible();

  await rail.getByRole("link", { name: "Clients" }).click();
  await page.getByRole("button", { name: "Create client" }).first().click();
  const client = page.getByRole("dialog");
  await client.getByLabel("Username").fill("windmill");
  await client.getByRole("combobox", { name: "Roles" }).fill("windm");
  await client.getByRole("option", { name: "windmills" }).click();
  await client.getByRole("button", { name: "Create client" }).click();
  await expect(page.getByRole("dialog", { name: /Created/ })).toBeVisible();
  const password = (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
  expect(password.length).toBeGreaterThanOrEqual(20);
  await expect(page.getByRole("dialog").locator("pre").first()).toContainText(password);
  await page.getByLabel("I have kept the password").check();
  await page.getByRole("button", { name: "Done" }).click();

  expect(denied(house, password, "wind/speed")).toBe(false);
  const device = house.subscribe("windmill", password, "wind/cmd/#", "-i", "windmill-2");
  try {
    await rail.getByRole("link", { name: "Sessions" }).click();
    await expect(page.getByRole("row", { name: /windmill-2/ })).toBeVisible();

    await rail.getByRole("link", { name: "Topics" }).click();
    await page.getByRole("treeitem", { name: /^wind/ }).click();
    await page.getByRole("treeitem", { name: /^speed/ }).click();
    await expect(page.getByRole("region", { name: "Topic", exact: true }).locator("pre")).toHaveText("4.2");

    await rail.getByRole("link", { name: "Events" }).click();
    await expect(page.getByRole("row", { name: /windmill-1.*connected with MQTT 5/ }).first()).toBeVisible();
    expect(denied(house, password, "alarm")).toBe(true);
    const refusal = page.getByRole("row", { name: /denied: publish to\s*alarm/ });
    await expect(refusal).toBeVisible();
    await refusal.click();
    await page.getByRole("link", { name: "Ask the access check why" }).click();

    await expect(page.getByRole("heading", { name: "Access check" })).toBeVisible();
    await expect(page.getByText("may not")).toBeVisible();
    await page.getByRole("button", { name: "Allow this" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Allow this topic" }).click();
    await expect(page.getByRole("dialog")).toBeHidden();
    await expect(page.getByText("may not")).toBeHidden();
    expect(denied(house, password, "alarm")).toBe(false);

    await page.goBack();
    await expect(page.getByRole("heading", { name: "Events" })).toBeVisible();
    await page.getByRole("link", { name: "windmill" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: "windmill" })).toBeVisible();
    await expect(
      page
        .getByRole("listitem")
        .filter({ hasText: /may publish to\s*alarm/ })
        .first(),
    ).toBeVisible();
    expect(await page.evaluate(() => document.body.dataset.loaded)).toBe("once");
  } finally {
    device.kill();
  }
});
