// The configuration in a browser: what is wrong is told before it is applied, what stops the broker is undone, and what
// somebody else wrote is never lost.
import { appendFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { axe, conf, editor, open, setting, type } from "./configuration";
import { expect, freePort, signIn, test } from "./house";

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

test("what is wrong is told before it is applied", async ({ page, house }) => {
  await signIn(page, house);
  await open(page, house, "?tab=text");
  const before = conf(house);
  await type(page, "max_queued_mesages 5\nsys_interval often\n");
  const problems = page.getByRole("list", { name: "Problems" });
  await expect(problems).toContainText("max_queued_mesages");
  await expect(problems).toContainText("Did you mean max_queued_messages?");
  await expect(problems).toContainText("sys_interval is a whole number");
  await expect(page.locator(".conf-mark.error")).toHaveCount(2);
  await axe(page);

  // The way to the line, by its name.
  await page.keyboard.press("Control+Home");
  await problems.getByRole("button", { name: "mosquitto.conf:29" }).first().click();
  await expect(editor(page)).toBeFocused();
  await expect(page.locator(".cm-activeLine")).toContainText("sys_interval often");

  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByRole("region", { name: "Problems" })).toContainText("2 errors");
  await expect(page.getByRole("button", { name: "Apply" })).toBeDisabled();
  await axe(page);
  expect(conf(house)).toBe(before);

  // Whoever leaves with it is asked; it is still there when they stay.
  await page.getByRole("link", { name: "Overview" }).click();
  const dialog = page.getByRole("dialog", { name: "Leave without applying?" });
  await dialog.getByRole("button", { name: "Stay" }).click();
  await page.getByRole("button", { name: "Back to the text" }).click();
  await expect(editor(page)).toContainText("sys_interval often");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(editor(page)).not.toContainText("sys_interval often");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("a form says what is wrong with a value, and a right one is live without a restart", async ({ page, house }) => {
  await signIn(page, house);
  await open(page, house);
  const before = conf(house);
  await setting(page, "sys_interval").fill("often");
  await expect(page.locator(".setting", { hasText: "sys_interval" })).toContainText("is a whole number");
  await expect(setting(page, "sys_interval")).toHaveAttribute("aria-invalid", "true");
  await setting(page, "sys_interval").fill("3");
  await expect(page.locator(".setting", { hasText: "sys_interval" })).not.toContainText("is a whole number");
  await expect(page.getByRole("region", { name: "Your changes" })).toContainText("1 change");
  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByText("Nobody is disconnected.")).toBeVisible();
  const lines = page.getByRole("region", { name: "Lines of mosquitto.conf" });
  await expect(lines.locator(".added")).toContainText("sys_interval 3");
  await page.getByLabel("Why").fill("slower figures");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  const steps = page.getByRole("list", { name: "Steps" });
  await expect(steps).toContainText("Having the broker read them");
  await expect(steps).toContainText("Done");
  expect(conf(house)).toBe(before.replace("sys_interval 2", "sys_interval 3"));
  await page.getByRole("button", { name: "Back to the settings" }).click();
  await expect(setting(page, "sys_interval")).toHaveValue("3");
  await expect(page.getByRole("region", { name: "Your changes" })).toHaveCount(0);
});

test("what stops the broker is undone, told in its own words, and can be mended", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "502" });
  const port = await freePort();
  await signIn(page, house);
  await open(page, house);
  const before = conf(house);
  await page.getByRole("button", { name: "Add listener" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a listener" });
  // An address for documentation, which no machine has: every check passes, and the broker cannot listen there.
  await dialog.getByLabel("Address").fill("192.0.2.1");
  await dialog.getByLabel("Port").fill(String(port));
  await dialog.getByLabel("Encrypt with TLS").uncheck();
  await dialog.getByRole("button", { name: "Add to the changes" }).click();
  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByText("Restarts the broker")).toBeVisible();
  await page.getByRole("button", { name: "Apply" }).click();
  const said = page.getByRole("alert");
  await expect(said).toContainText("The broker did not take it.");
  await expect(said).toContainText("Cannot assign requested address");
  await expect(said).toContainText("The files from before are back");
  await expect(page.getByRole("list", { name: "Steps" })).toContainText("The broker runs with the files from before");
  await axe(page);
  expect(conf(house)).toBe(before);
  await expect.poll(() => answers(house.mqttPort)).toBe(true);

  // The draft is still there: mended as text, it works.
  await page.getByRole("button", { name: "Back to the settings" }).click();
  await page.getByRole("link", { name: "Text", exact: true }).click();
  await expect(editor(page)).toContainText("192.0.2.1");
  await editor(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Shift+Home");
  if (!(await page.locator(".cm-activeLine").textContent())?.includes("192.0.2.1")) {
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("End");
    await page.keyboard.press("Shift+Home");
  }
  await page.keyboard.type(`listener ${port} 127.0.0.1`);
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(await answers(port)).toBe(true);

  await page.getByRole("link", { name: "Versions" }).click();
  const versions = page.getByRole("grid", { name: "Versions" });
  await expect(versions).toContainText("put back");
  await versions.getByText("put back").first().click();
  await expect(page.getByText("What the broker said")).toBeVisible();
  await expect(page.getByText("Cannot assign requested address")).toBeVisible();
});

test("two who change at once both keep what they changed", async ({ page, house, browser }) => {
  await signIn(page, house);
  await open(page, house, "?tab=text");
  await type(page, "# mine\n");

  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await signIn(other, house);
  await open(other, house);
  await setting(other, "max_queued_messages").fill("90000");
  await other.getByRole("button", { name: "Review" }).click();
  await other.getByRole("button", { name: "Apply" }).click();
  await expect(other.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  await elsewhere.close();

  // The stream tells it at once: nothing can be applied before one has seen what the other changed.
  const drift = page.getByRole("region", { name: "What somebody else changed" });
  await expect(drift.locator(".added")).toContainText("max_queued_messages 90000");
  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByRole("button", { name: "Apply" })).toBeDisabled();
  await axe(page);
  await drift.getByRole("button", { name: "Go on from there" }).click();
  const lines = page.getByRole("region", { name: "Lines of mosquitto.conf" });
  await expect(lines.locator(".added")).toContainText("# mine");
  await expect(lines.locator(".removed")).toHaveCount(0);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(conf(house)).toContain("max_queued_messages 90000");
  expect(conf(house)).toContain("# mine");
});

test("a change that comes too late is refused, and says what the other changed", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "412" });
  await signIn(page, house);
  await open(page, house);
  await setting(page, "max_queued_messages").fill("80000");
  await page.getByRole("button", { name: "Review" }).click();
  await expect(page.getByRole("button", { name: "Apply" })).toBeEnabled();
  // The other's change lands while ours is on its way.
  let late = true;
  await page.route("**/api/config/broker?*", async (route) => {
    if (late && route.request().method() === "PUT") {
      late = false;
      await house.api("/config/broker", {
        method: "PUT",
        body: { changes: [{ op: "set", key: "sys_interval", value: "4" }], comment: "the other" },
      });
    }
    await route.continue();
  });
  await page.getByRole("button", { name: "Apply" }).click();
  const drift = page.getByRole("region", { name: "What somebody else changed" });
  await expect(drift.locator(".added")).toContainText("sys_interval 4");
  await drift.getByRole("button", { name: "Go on from there" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(conf(house)).toContain("sys_interval 4");
  expect(conf(house)).toContain("max_queued_messages 80000");
});

test("a draft waits in the versions, two versions are compared, and one click leads back", async ({ page, house }) => {
  await signIn(page, house);
  await open(page, house);
  const before = conf(house);
  await setting(page, "sys_interval").fill("7");
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByLabel("Why").fill("a try");
  await page.getByRole("button", { name: "Keep as draft" }).click();
  await expect(page.getByText(/^Version \d+ is kept as a draft\.$/)).toBeVisible();
  expect(conf(house)).toBe(before);

  await page.getByRole("link", { name: "Versions" }).click();
  const versions = page.getByRole("grid", { name: "Versions" });
  await versions.getByText("a try").click();
  await page.getByRole("button", { name: "Review and apply" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(conf(house)).toContain("sys_interval 7");

  await page.getByRole("button", { name: "Back to the version" }).click();
  await page.getByRole("button", { name: "All versions" }).click();
  const rows = versions.getByRole("row");
  await rows.nth(1).getByRole("checkbox").check();
  await rows.last().getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare" }).click();
  const lines = page.getByRole("region", { name: "Lines of mosquitto.conf" });
  await expect(lines.locator(".added").filter({ hasText: "sys_interval 7" })).toHaveCount(1);
  await expect(lines.locator(".removed").filter({ hasText: "sys_interval 2" })).toHaveCount(1);
  await page.goBack();
  await expect(versions).toBeVisible();

  await page.getByRole("button", { name: /^Roll back to \d+$/ }).click();
  await expect(lines.locator(".removed")).toContainText("sys_interval 7");
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(conf(house)).toBe(before);
});

test("a change on disk is told, and ten thousand lines are edited as one is used to", async ({ page, house }) => {
  await signIn(page, house);
  await open(page, house, "?tab=text");
  await expect(editor(page)).toBeVisible();
  const many = Array.from({ length: 10_000 }, (_, i) => `# a remark, number ${i + 1}\n`).join("");
  appendFileSync(join(house.dir, "broker", "mosquitto.conf"), many);
  await expect(page.getByText("The configuration was changed on disk.")).toBeVisible();
  await expect(page.getByText(/^10\s?0\d\d lines/)).toBeVisible();
  const text = "max_inflight_messages 40";
  await editor(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(text);
  await expect(page.locator(".cm-content")).toContainText(text);
  expect(await page.locator(".cm-line").count()).toBeLessThan(500); // what is out of sight costs nothing
  await expect(page.getByRole("region", { name: "Your changes" })).toContainText("mosquitto.conf edited");
  // What is out of sight is not drawn: the page's own search finds it.
  await page.keyboard.press("Control+f");
  await page.keyboard.type("number 5000");
  await page.keyboard.press("Enter");
  await expect(page.locator(".cm-content")).toContainText("number 5000");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Discard" }).click();

  // Tab does not hold one in the text.
  await editor(page).click();
  await page.keyboard.press("Tab");
  await expect(editor(page)).not.toBeFocused();
  await page.getByRole("link", { name: "Show what changed" }).click();
  await expect(page.getByText("changed outside")).toBeVisible();
  await page.getByRole("button", { name: /^Roll back to/ }).click();
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByText(/^Version \d+ is live\.$/)).toBeVisible();
  expect(conf(house)).not.toContain("a remark");
});
