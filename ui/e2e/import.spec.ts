// The files of a Mosquitto, imported on the page: seen first, done, and a device logs in with its old password.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { axe } from "./configuration";
import { expect, signIn, test } from "./house";

// passwordFile is one as mosquitto_passwd writes it.
function passwordFile(username: string, password: string): string {
  const dir = mkdtempSync(join(tmpdir(), "bunkerm-import-"));
  const file = join(dir, "passwords");
  writeFileSync(file, `${username}:${password}\n`, { mode: 0o600 });
  const done = spawnSync("mosquitto_passwd", ["-U", file]);
  expect(done.status, String(done.stderr)).toBe(0);
  const text = readFileSync(file, "utf8");
  rmSync(dir, { recursive: true });
  return text;
}

const upload = (page: Page, label: string, text: string) =>
  page
    .getByLabel(label, { exact: true })
    .setInputFiles({ name: label, mimeType: "text/plain", buffer: Buffer.from(text) });

async function open(page: Page, url: string) {
  await page.goto(`${url}/clients`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Import clients from a file" }).click();
  const dialog = page.getByRole("dialog", { name: "Import clients" });
  await dialog.getByRole("button", { name: "Mosquitto files" }).click();
  return dialog;
}

test("Mosquitto's files are shown before they are imported, and what cannot be said is named", async ({
  page,
  house,
}) => {
  await signIn(page, house);
  const dialog = await open(page, house.url);
  await upload(page, "Password file", `${passwordFile("pump", "the old password")}forgotten:$6$AAAA$broken\n`);
  await upload(page, "ACL file", "user pump\ntopic write pump/#\n\ttopic read x\n");
  await expect(dialog).toContainText("Mosquitto does not start with 1 line: mend it first");
  await expect(dialog).toContainText("acl_file, line 3");
  await expect(dialog.getByRole("button", { name: /^Import/ }).last()).toBeDisabled();

  await upload(page, "ACL file", "user pump\ntopic write pump/#\npattern read clients/%c/#\n");
  await expect(dialog).toContainText("2 clients need a new password");
  await dialog.getByLabel("Restart the broker once").check();
  await expect(dialog).toContainText("1 client needs a new password");
  await expect(dialog).toContainText("The broker is restarted once");
  await expect(dialog.getByRole("region", { name: "What differs" })).toContainText("imported pump");
  await axe(page);

  expect(house.publish("pump", "the old password", "pump/state", "on").status).not.toBe(0);
  await dialog.getByRole("button", { name: "Import 2 clients" }).click();
  await expect(dialog).toContainText("Everything is in.");
  await axe(page);
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("link", { name: "pump", exact: true })).toBeVisible();
  expect(house.publish("pump", "the old password", "pump/state", "on").status).toBe(0);

  const again = await open(page, house.url);
  await upload(page, "ACL file", "user pump\ntopic write pump/#\npattern read clients/%c/#\n");
  await expect(again).toContainText("1 client of the files exists here and stays as it is.");
  await expect(again).toContainText("there is nothing to import");
});

test("a dynamic-security.json is taken over, and our own one changes nothing", async ({ page, house }) => {
  await signIn(page, house);
  await house.device("lamp");
  const own = await house.api<Record<string, unknown>>("/config/dynsec");
  const dialog = await open(page, house.url);
  await dialog.getByRole("button", { name: "dynamic-security.json" }).click();
  await upload(page, "dynamic-security.json", JSON.stringify(own));
  await expect(dialog).toContainText("there is nothing to import");

  const clients = [...(own.clients as object[]), { username: "moved", roles: [{ rolename: "lamp role" }] }];
  await upload(page, "dynamic-security.json", JSON.stringify({ ...own, clients }));
  await expect(dialog).toContainText("1 client needs a new password");
  await dialog.getByRole("button", { name: "Import 1 client" }).click();
  await expect(dialog).toContainText("Everything is in.");
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("link", { name: "moved", exact: true })).toBeVisible();
});
