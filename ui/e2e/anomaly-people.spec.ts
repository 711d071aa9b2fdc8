// Who sees what of anomalies, how people are told by mail and chat, and what stands on a client's own page.
import type { Page } from "@playwright/test";
import { axe } from "./configuration";
import { admin, expect, type House, settled, signIn, test } from "./house";

const viewer = { username: "vivian", password: "seven green kettles" };
const operator = { username: "oscar", password: "eleven brown buckets" };

async function settings(page: Page, house: House) {
  await page.goto(`${house.url}/anomalies?tab=settings`);
  const channels = page.getByRole("region", { name: "Notifications" });
  await channels.waitFor();
  return channels;
}

test("mails are set up, with what is wrong at its field, and the password is not shown again", async ({
  page,
  house,
}, info) => {
  info.annotations.push({ type: "provokes", description: "422" });
  await signIn(page, house);
  const channels = await settings(page, house);
  await channels.getByRole("button", { name: "Add channel" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a channel" });
  await dialog.getByRole("button", { name: "E-mail" }).click();
  const add = dialog.getByRole("button", { name: "Add channel" });
  await expect(dialog.getByText("Still needed: a name.")).toBeVisible();
  await expect(add).toBeDisabled();
  await dialog.getByLabel("Name", { exact: true }).fill("the shift");
  await expect(dialog.getByText("Still needed: a mail server.")).toBeVisible();
  await dialog.getByLabel("Mail server").fill("mail.example.org");
  await dialog.getByLabel("Encryption").selectOption("none");
  await expect(dialog.getByText("Everybody on the way can read the mails")).toBeVisible();
  await dialog.getByLabel("Encryption").selectOption("implicit");
  await expect(dialog.getByLabel("Port")).toHaveValue("465");
  await dialog.getByLabel("Username").fill("bunkerm");
  await dialog.getByLabel("Password").fill("a mail's password");
  await dialog.getByLabel("Sender").fill("nobody");
  await dialog.getByLabel("Receivers").fill("ann@example.org, bob");
  await dialog.getByLabel("Quiet hours").check();
  await axe(page);
  await add.click();
  await expect(dialog.getByLabel("Sender")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Receivers")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Mail server")).not.toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Quiet from")).not.toHaveAttribute("aria-invalid", "true");
  await axe(page);
  await dialog.getByLabel("Sender").fill("bunkerm@example.org");
  await dialog.getByLabel("Receivers").fill("ann@example.org, bob@example.org");
  await add.click();
  await expect(channels).toContainText("ann@example.org, bob@example.org by mail.example.org:465");

  await channels.getByRole("button", { name: "Edit the shift" }).click();
  const edit = page.getByRole("dialog", { name: "Change the channel" });
  await expect(edit.getByLabel("Password")).toHaveValue("«unchanged»");
  // The password goes to no other server: it has to be typed again there.
  await edit.getByLabel("Mail server").fill("mail.example.com");
  await edit.getByRole("button", { name: "Save channel" }).click();
  await expect(edit.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
  await page.keyboard.press("Escape");
  expect(JSON.stringify(await house.api("/settings/anomaly"))).not.toContain("a mail's password");
});

test("a chat is set up, and its token is not shown again", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "422" });
  await signIn(page, house);
  const channels = await settings(page, house);
  await channels.getByRole("button", { name: "Add channel" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a channel" });
  await dialog.getByRole("button", { name: "Chat" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("the team");
  const address = dialog.getByLabel("Address", { exact: true });
  await address.fill("pigeon://loft/post");
  await dialog.getByRole("button", { name: "Add channel" }).click();
  await expect(address).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByText(/must begin with ntfy, gotify/).first()).toBeVisible();
  await axe(page);
  await address.fill("gotify://gotify.example.org/AbCdEf0123456-token");
  await dialog.getByRole("button", { name: "Add channel" }).click();
  await expect(channels).toContainText("gotify://«unchanged»");
  await channels.getByRole("button", { name: "Edit the team" }).click();
  const edit = page.getByRole("dialog", { name: "Change the channel" });
  await expect(edit.getByLabel("Address", { exact: true })).toHaveValue("gotify://«unchanged»");
  await edit.getByLabel("Name", { exact: true }).fill("the whole team");
  await edit.getByRole("button", { name: "Save channel" }).click();
  await expect(channels).toContainText("the whole team");
  expect(JSON.stringify(await house.api("/settings/anomaly"))).not.toContain("AbCdEf");
});

test("a client that sees everything is marked on its own page", async ({ page, house }) => {
  const password = await house.device("watcher", "#");
  await signIn(page, house);
  const device = house.subscribe("watcher", password, "#");
  const raised = async () => (await house.api<{ total: number }>("/ai/alerts?kind=wide_subscription")).total;
  await expect.poll(raised, { timeout: 60_000 }).toBe(1); // by way of the broker's log
  await page.goto(`${house.url}/clients/watcher`);
  const strange = page.getByRole("region", { name: "Strange" });
  await expect(strange).toContainText("watcher has subscribed to #");
  await axe(page);
  await strange.getByRole("link", { name: /has subscribed to/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: /watcher has subscribed to #/ })).toBeVisible();
  await expect(page.getByText(/Rule: subscription to everything/).first()).toBeVisible();
  await page.emulateMedia({ colorScheme: "dark" });
  await axe(page);
  device.kill();
});

// pressable are the names of the buttons of a page by which something is changed.
async function pressable(page: Page): Promise<string[]> {
  await settled(page);
  const changing = /^(Acknowledge|This was|Add|Edit|Delete|Test|Save|Begin|Let |Maintenance|Actions|Remove|End )/;
  // All at one moment: the list may change between two questions.
  const names = await page
    .getByRole("main")
    .getByRole("button")
    .evaluateAll((all) => all.map((button) => (button.getAttribute("aria-label") ?? button.textContent ?? "").trim()));
  return names.filter((name) => changing.test(name)).sort();
}

test("a viewer sees how things are and changes nothing, an operator works on alerts", async ({ page, house }) => {
  test.setTimeout(600_000);
  const password = await house.device("oven");
  await house.api("/ai/rules", {
    body: { name: "too hot", kind: "range", topic: "oven/+", field: "c", high: 80, seconds: 0, severity: "critical" },
  });
  for (const value of ["21.5", "95.25"]) house.publish("oven", password, "oven/state", `{"c":${value}}`);
  const oven = async () => (await house.api<{ alerts: { id: number }[] }>("/ai/alerts?kind=rule")).alerts;
  await expect.poll(async () => (await oven()).length).toBe(1);
  const id = (await oven())[0]?.id;
  const { channels } = await house.api<{ channels: { name: string }[] }>("/settings/anomaly");
  const paths = {
    list: "/anomalies",
    alert: `/anomalies/alerts/${id}`,
    series: "/anomalies/series?entity=oven%2Fstate",
    rules: "/anomalies?tab=rules",
    settings: "/anomalies?tab=settings",
  };
  const seen = async () => {
    const all: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(house.url + path);
      all[name] = await pressable(page);
    }
    return all;
  };

  await house.api("/auth/users", { body: { ...viewer, role: "viewer" } });
  await signIn(page, house, viewer);
  expect(await seen()).toEqual({ list: [], alert: [], series: [], rules: [], settings: [] });
  for (const path of [paths.alert, paths.series]) {
    await page.goto(house.url + path);
    await expect(page.getByText(/hidden from your role/).first()).toBeVisible();
    await expect(page.getByText("95.25")).toHaveCount(0);
    await axe(page);
  }
  await page.context().clearCookies();

  await house.api("/auth/users", { body: { ...operator, role: "operator" } });
  await signIn(page, house, operator);
  const may = await seen();
  expect(may.alert).toEqual(expect.arrayContaining([expect.stringMatching(/^Acknowledge/)]));
  expect(may.series).toEqual(["Add rule", "Add a rule for c", "Let c begin anew"].sort());
  expect(may.rules).toEqual(expect.arrayContaining(["Add rule", "Maintenance until…"]));
  expect(may.settings).toEqual([]);
  await page.goto(house.url + paths.settings);
  for (const channel of channels)
    await expect(page.getByRole("region", { name: "Notifications" })).toContainText(channel.name);
  await page.goto(house.url + paths.alert);
  await expect(page.getByText(/95\.25/).first()).toBeVisible();
  await page.context().clearCookies();

  await signIn(page, house, admin);
  const all = await seen();
  expect(all.settings).toEqual(expect.arrayContaining(["Add channel"]));
});
