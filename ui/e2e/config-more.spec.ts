// The rest of the page Configuration: the dynamic security file, restarts, who may what, and brokers out of reach.
import { readFileSync } from "node:fs";
import { axe, editor, open, setting, type } from "./configuration";
import { admin, expect, House, signIn, test } from "./house";

test("a dynamic security file is rehearsed, then applied", async ({ page, house }) => {
  await house.device("pump");
  await signIn(page, house);
  await open(page, house, "?tab=dynsec");
  const file = await house.api<{ clients: { username: string; textname?: string; roles?: object[] }[] }>(
    "/config/dynsec",
  );
  const pump = file.clients.find((c) => c.username === "pump");
  if (!pump) throw new Error("the file has no pump");
  pump.textname = "The pump in the cellar";
  file.clients.push({ username: "lamp", roles: [{ rolename: "nobody's role" }] });
  const dryRun = async () => {
    await page.getByLabel("or its text").fill(JSON.stringify(file));
    await page.getByRole("button", { name: "Dry run" }).click();
  };
  await dryRun();
  await expect(page.getByRole("list", { name: "Problems of the file" })).toContainText("no role of this name");
  await expect(page.getByRole("button", { name: "Apply" })).toBeDisabled();
  file.clients[file.clients.length - 1] = { username: "lamp", roles: [] };
  await dryRun();
  const differs = page.getByRole("region", { name: "What differs" });
  await expect(differs).toContainText("lamp");
  await expect(differs).toContainText("The pump in the cellar");
  await expect(page.getByText("only the clients concerned are disturbed")).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("The broker has it.")).toBeVisible();
  const after = await house.api<{ clients: { username: string; textname?: string }[] }>("/config/dynsec");
  expect(after.clients.map((c) => c.username)).toContain("lamp");
  expect(after.clients.find((c) => c.username === "pump")?.textname).toBe("The pump in the cellar");

  await open(page, house, "?tab=versions&of=dynsec");
  await page.getByRole("grid", { name: "Versions" }).getByText("live").click();
  await expect(page.getByRole("region", { name: "What differs" })).toContainText("lamp");

  await open(page, house, "?tab=dynsec");
  await page.getByRole("button", { name: "Download with hashes…" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("link", { name: "Download with hashes" }).click();
  expect(readFileSync(await (await download).path(), "utf8")).not.toContain("«unchanged»");
});

test("a restart says whom it disconnects, and how many came back", async ({ page, house }) => {
  const password = await house.device("clock");
  const clock = house.subscribe("clock", password, "clock/#");
  try {
    await signIn(page, house);
    await open(page, house);
    await page.getByRole("button", { name: "Restart", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Restarts the broker: 1 client is disconnected");
    await dialog.getByRole("button", { name: "Restart broker" }).click();
    await expect(dialog).toContainText(/The broker answered again after \d+ ms\./, { timeout: 30_000 });
    await expect(dialog).toContainText("1 of 1 sessions are back.");
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Reload", exact: true }).click();
    await dialog.getByRole("button", { name: "Reload" }).click();
    await expect(dialog).toContainText(/has read its files after \d+ ms/);
  } finally {
    clock.kill();
  }
});

test("who may only see it can change nothing", async ({ page, house, browser }) => {
  const made = await house.api<{ password?: string }>("/auth/users", { body: { username: "olga", role: "operator" } });
  const elsewhere = await browser.newContext();
  const olga = await elsewhere.newPage();
  await signIn(olga, house, { username: "olga", password: made.password ?? "" });
  await open(olga, house);
  await expect(olga.getByText("An admin can change it.")).toBeVisible();
  await expect(olga.getByText("max_queued_messages").first()).toBeVisible();
  await expect(setting(olga, "max_queued_messages")).toHaveCount(0);
  for (const name of ["Restart", "Reload", "Add listener"])
    await expect(olga.getByRole("button", { name, exact: true })).toHaveCount(0);
  await open(olga, house, "?tab=text");
  await type(olga, "sys_interval 9");
  await expect(editor(olga)).not.toContainText("sys_interval 9");
  await elsewhere.close();
  await page.close();
});

test("where the files are out of reach, it says what to do instead", async ({ page, house }, info) => {
  info.annotations.push({ type: "provokes", description: "409" });
  const rights = ["publishClientSend", "publishClientReceive", "subscribePattern"] as const;
  const acls = rights.flatMap((acltype) => ["$CONTROL/#", "$SYS/#"].map((topic) => ({ acltype, topic, allow: true })));
  const password = "a password of a guest";
  await house.api("/dynsec/roles", { body: { rolename: "guest", acls } });
  await house.api("/dynsec/clients", { body: { username: "guest", password, roles: [{ rolename: "guest" }] } });
  const attached = new House(
    {
      BUNKERM_ADMIN_USER: admin.username,
      BUNKERM_ADMIN_PASSWORD: admin.password,
      BUNKERM_BROKER_PASSWORD: password,
    },
    ["--broker", `mqtt://127.0.0.1:${house.mqttPort}`, "--broker-user", "guest"],
  );
  try {
    await attached.start();
    await signIn(page, attached);
    for (const tab of ["settings", "text", "dynsec", "versions"]) {
      await open(page, attached, `?tab=${tab}`);
      await expect(page.getByText("BunkerM does not reach this broker's files")).toBeVisible();
      await expect(page.getByText("start BunkerM with --broker-conf")).toBeVisible();
      await expect(page.getByRole("button", { name: "Restart", exact: true })).toHaveCount(0);
    }
    await axe(page);
  } finally {
    await attached.close();
  }
});
