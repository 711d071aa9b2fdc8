// A client's page, its events and its sessions: an operator finds out why a device does not work, without a reload.
import type { ChildProcess } from "node:child_process";
import { expect, signIn, test } from "./house";

const devices: ChildProcess[] = [];
test.afterEach(() => {
  for (const device of devices.splice(0)) device.kill();
});

test("a client comes and goes on its page, and the picture keeps its session", async ({ page, house }) => {
  const password = await house.device("pump");
  await signIn(page, house);
  await page.goto(`${house.url}/clients/pump`);
  await expect(page.getByRole("heading", { level: 1, name: "pump" })).toBeVisible();
  await expect(page.getByText("It has not connected as long as events are kept.")).toBeVisible();
  await expect(page.getByText("not connected", { exact: true })).toBeVisible();

  const device = house.subscribe("pump", password, "pump/commands");
  devices.push(device);
  await expect(page.getByText("connected", { exact: true })).toBeVisible();
  await expect(page.getByText("connected with MQTT 5.0")).toBeVisible();
  await expect(page.getByRole("img", { name: /^pump: 1 session, one of them open/ })).toBeVisible();

  device.kill("SIGKILL");
  await expect(page.getByText("not connected", { exact: true })).toBeVisible();
  await expect(page.getByText(/^Last time it left: the connection was lost/)).toBeVisible();
  await expect(page.getByRole("img", { name: "pump: 1 session, 1 mark of what went wrong" })).toBeVisible();
});

test("a denial is told as it happens, and asks the access check the right question", async ({ page, house }) => {
  test.setTimeout(600_000);
  await house.recording();
  const password = await house.device("valve");
  await signIn(page, house);
  await page.goto(`${house.url}/events?event=denied&username=valve`);
  await expect(page.getByText("No event fits these filters.")).toBeVisible();
  house.publish("valve", password, "pump/commands", "open");
  const row = page.getByRole("row", { name: /denied: publish to pump\/commands/ });
  await expect(row).toBeVisible();
  await row.getByText("denied: publish to").click();
  const details = page.getByRole("region", { name: "Details of the event" });
  const question = new URL(
    (await details.getByRole("link", { name: "Ask the access check why" }).getAttribute("href")) ?? "",
    house.url,
  );
  expect(question.pathname).toBe("/access");
  expect(Object.fromEntries(question.searchParams)).toMatchObject({
    username: "valve",
    action: "publish",
    topic: "pump/commands",
  });

  await details.getByRole("link", { name: "Open the client" }).click();
  await expect(page.getByText("It was denied: publish to pump/commands")).toBeVisible();
  await page.getByLabel("Topic", { exact: true }).fill("valve/state");
  await page.getByRole("button", { name: "Check" }).click();
  await expect(page.getByText("allowed", { exact: true })).toBeVisible();
});

test("a session that is ended by an operator stays where it was, marked", async ({ page, house }) => {
  const password = await house.device("lamp");
  devices.push(house.subscribe("lamp", password, "lamp/commands"));
  await expect.poll(async () => (await house.api<{ total: number }>("/monitor/clients?username=lamp")).total).toBe(1);
  await signIn(page, house);
  await page.goto(`${house.url}/sessions?username=lamp`);
  await page.getByRole("button", { name: "Disconnect lamp" }).click();
  const dialog = page.getByRole("dialog", { name: "Disconnect lamp?" });
  await expect(dialog.getByText("1 session")).toBeVisible();
  await dialog.getByRole("button", { name: "Disconnect", exact: true }).click();
  await expect(page.getByRole("row", { name: /lamp.*ended/ })).toBeVisible();
});

test("a name that nobody has, and an id that is markup, are told in a plain sentence", async ({
  page,
  house,
}, info) => {
  info.annotations.push({ type: "provokes", description: "404" });
  await signIn(page, house);
  const hostile = '<img src=x onerror="alert(1)">\u202e/..';
  for (const by of ["", "?by=clientid"]) {
    await page.goto(`${house.url}/clients/${encodeURIComponent(hostile)}${by}`);
    await expect(page.getByText(/^Nobody of this (name|client id) is known/)).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText('<img src=x onerror="alert(1)">\\u{202e}/..');
  }
});
