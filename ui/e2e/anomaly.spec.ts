// Anomalies in a browser: a rule that is broken shows without reloading, is counted on every page, is seen, and is over
// when it is kept again. Channels say what the receiver answered.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { axe } from "./configuration";
import { expect, type House, signIn, test } from "./house";

const topic = "boiler/water";

async function open(page: Page, house: House, query = ""): Promise<void> {
  await page.goto(`${house.url}/anomalies${query}`);
  await page.getByRole("heading", { level: 1, name: "Anomalies" }).waitFor();
}

test("a rule is made, broken, seen and kept again", async ({ page, house }) => {
  const password = await house.device("boiler");
  const says = (value: string) => expect(house.publish("boiler", password, topic, value).status).toBe(0);
  await signIn(page, house);
  await open(page, house);
  await expect(page.getByText("Nothing strange is going on.")).toBeVisible();
  await axe(page);

  await page.getByRole("link", { name: "Rules and maintenance" }).click();
  await page.getByRole("button", { name: "Add rule" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a rule" });
  await dialog.getByRole("button", { name: "A value is outside" }).click();
  await dialog.getByLabel("Topic").fill("boiler/+");
  await dialog.getByLabel("Not above").fill("80");
  await dialog.getByLabel("For longer than").fill("0");
  await dialog.getByLabel("Name").fill("too hot");
  await axe(page);
  await dialog.getByRole("button", { name: "Add rule" }).click();
  const rules = page.getByRole("grid", { name: "Rules" });
  await expect(rules).toContainText("above 80");
  await expect(rules).toContainText("at work");

  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  says("60");
  says("95");
  const alerts = page.getByRole("list", { name: "Alerts" });
  await expect(alerts).toContainText("boiler/water breaks the rule too hot");
  await expect(alerts).toContainText("95");
  await expect(page).toHaveTitle("(1) Anomalies · BunkerM");
  await expect(
    page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Anomalies, 1 open" }),
  ).toBeVisible();
  await axe(page);

  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page).toHaveTitle("(1) Overview · BunkerM");
  await page
    .getByRole("region", { name: "Open alerts" })
    .getByRole("link", { name: /too hot/ })
    .click();
  await expect(page.getByRole("heading", { level: 1, name: /breaks the rule too hot/ })).toBeVisible();
  await expect(page.getByRole("grid", { name: "Findings" })).toContainText("rule broken");
  await axe(page);

  await page.getByRole("button", { name: /^Acknowledge/ }).click();
  const seen = page.getByRole("dialog", { name: "Acknowledge the alert" });
  await seen.getByLabel("Note").fill("the valve is stuck");
  await seen.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.getByText("the valve is stuck")).toBeVisible();
  await expect(page).toHaveTitle(/^boiler\/water breaks/);

  await page.goBack();
  await page.goBack();
  await expect(alerts).toContainText("Seen by admin");
  says("61");
  await expect(alerts.locator(".badge.good")).toContainText("over");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.getByText("Nothing strange is going on.")).toBeVisible();
  await axe(page);
});

test("rules are switched off, mended and put back, and maintenance begins and ends", async ({ page, house }) => {
  await signIn(page, house);
  await open(page, house, "?tab=rules");
  await page.getByRole("button", { name: "Add rule" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a rule" });
  await dialog.getByLabel("Topic").fill("meter/1");
  await dialog.getByRole("button", { name: "Add rule" }).click();
  const row = page.getByRole("row", { name: /meter\/1 silent for 10 min/ });
  await expect(row).toContainText("at work");
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await expect(row).toContainText("off");
  await row.click();
  const edit = page.getByRole("dialog", { name: "Change the rule" });
  await edit.getByLabel("Silent for longer than").fill("2");
  await edit.getByLabel("Unit").selectOption("h");
  await edit.getByRole("button", { name: "Save rule" }).click();
  await expect(row).toContainText("silent for 2 h");
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row).toContainText("silent for 2 h");

  await page.getByRole("button", { name: "Maintenance until…" }).click();
  const work = page.getByRole("dialog", { name: "Maintenance until…" });
  await work.getByRole("button", { name: "Topics" }).click();
  await work.getByLabel("Topic filter").fill("meter/#");
  await work.getByRole("button", { name: "4 h" }).click();
  await work.getByLabel("What is done").fill("meters are changed");
  await axe(page);
  await work.getByRole("button", { name: "Begin maintenance" }).click();
  const list = page.getByRole("region", { name: "Maintenance" });
  await expect(list).toContainText("meters are changed");
  await axe(page);
  await list.getByRole("button", { name: "End maintenance of meter/#" }).click();
  await expect(list).toContainText("Nothing is being worked on.");
});

test("series show how far learning is and what was seen", async ({ page, house }) => {
  const password = await house.device("meter");
  for (const value of ["1.5", "1.7", "1.6", "1.5", "1.7", "1.6"]) {
    house.publish("meter", password, "meter/power", JSON.stringify({ kw: Number(value), on: true }));
  }
  await signIn(page, house);
  await open(page, house, "?tab=series");
  const watched = page.getByRole("grid", { name: "What is watched" });
  await expect(watched).toContainText(/learning, \d of 200 samples/);
  await axe(page);
  await watched.getByRole("row", { name: /meter\/power/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "meter/power" })).toBeVisible();
  const kw = page.getByRole("region", { name: "kw", exact: true });
  await expect(kw).toContainText("1.6");
  await expect(kw.getByRole("figure")).toBeVisible();
  await axe(page);
  await kw.getByRole("button", { name: "Add a rule for kw" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a rule" });
  await expect(dialog.getByLabel("Topic")).toHaveValue("meter/power");
  await expect(dialog.getByLabel("Field")).toHaveValue("kw");
  await page.keyboard.press("Escape");

  await expect(kw).toContainText("learning, 6 of 200 samples");
  await kw.getByRole("button", { name: "Let kw begin anew" }).click();
  const anew = page.getByRole("dialog", { name: "Let kw begin anew?" });
  await expect(anew).toContainText("until 200 values have come");
  await axe(page);
  await anew.getByRole("button", { name: "Begin anew" }).click();
  await expect(kw).toContainText("learning, 0 of 200 samples");
  await expect(page.getByRole("region", { name: "on", exact: true })).toContainText("learning, 6 of 200 samples");
  await expect(page.getByText("kw is learned anew.")).toBeVisible();
  const { entries } = await house.api<{ entries: { object: string; actor: string }[] }>("/audit?action=metric.rebase");
  expect(entries).toMatchObject([{ object: "metric/meter/power", actor: "admin" }]);
});

test("a channel is tried out, kept with its secret, and deleted", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "422" });
  const receiver = await hook();
  await signIn(page, house);
  await open(page, house, "?tab=settings");
  await axe(page);
  await page.getByRole("button", { name: "Add channel" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a channel" });
  await dialog.getByLabel("Name").fill("pager");
  await dialog.getByLabel("Address", { exact: true }).fill(`${receiver.url}/a-token`);
  await dialog.getByLabel("Secret").fill("a secret to sign with");
  await dialog.getByLabel("The address may be in a private network").check();
  await dialog.getByRole("button", { name: "Test" }).click();
  await expect(dialog.getByText("The message was taken.")).toBeVisible();
  await axe(page);
  expect(receiver.taken).toBe(1);
  await dialog.getByRole("button", { name: "Add channel" }).click();
  const channels = page.getByRole("region", { name: "Notifications" });
  await expect(channels).toContainText("pager");
  await expect(channels).not.toContainText("a-token");
  await channels.getByRole("button", { name: "Edit pager" }).click();
  const edit = page.getByRole("dialog", { name: "Change the channel" });
  await expect(edit.getByLabel("Secret")).toHaveValue("«unchanged»");
  await edit.getByLabel("Name").fill("the pager");
  await edit.getByRole("button", { name: "Save channel" }).click();
  await channels.getByRole("button", { name: "Test the pager" }).click();
  await expect(page.getByRole("dialog", { name: "What the receiver said" })).toContainText("The message was taken.");
  expect(receiver.taken).toBe(2);
  expect(receiver.signed).toBe(2);
  await page.getByRole("button", { name: "Close" }).click();
  await channels.getByRole("button", { name: "Delete the pager" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete channel" }).click();
  await expect(channels).toContainText("Nobody is told of alerts yet");
  receiver.server.close();

  await page.getByRole("radio", { name: /Calm/ }).check();
  await page.getByLabel("Time zone").fill("Mars/Olympus");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByLabel("Time zone")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The detectors go by the new settings.")).toBeVisible();
  expect(await house.api("/settings/anomaly")).toMatchObject({ sensitivity: "low", time_zone: "Europe/Berlin" });
});

interface Hook {
  server: Server;
  url: string;
  taken: number;
  signed: number;
}

// hook is a receiver of webhooks that counts what it takes.
async function hook(): Promise<Hook> {
  const server = createServer((request, response) => {
    found.taken++;
    if (String(request.headers["x-bunkerm-signature"]).startsWith("sha256=")) found.signed++;
    request.resume().on("end", () => response.end("thank you"));
  });
  const found: Hook = { server, url: "", taken: 0, signed: 0 };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  found.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return found;
}
