// TLS from the page alone: a port is opened, a device verifies the broker with what the page gives, a client comes by its
// certificate and is sent away when that is revoked, and the clear port is closed when nobody needs it.
import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, freePort, type House, signIn, test } from "./house";

// Each goes on with what the one before has left.
test.describe.configure({ mode: "serial" });

async function open(page: Page, house: House): Promise<void> {
  await page.goto(`${house.url}/admin/certificates`);
  await expect(page.getByRole("heading", { level: 1, name: "Certificates" })).toBeVisible();
}

async function axe(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}

// pub is a device that verifies the broker, and says what went wrong.
function pub(port: number, ...who: string[]): string {
  const done = spawnSync(
    "mosquitto_pub",
    ["-h", "localhost", "-p", String(port), "-V", "5", "-q", "1", "-t", "kettle/on", "-m", "1", ...who],
    { encoding: "utf8", timeout: 60_000 },
  );
  return done.stderr + (done.status === 0 ? "" : ` status ${done.status}`);
}

async function download(page: Page, name: string | RegExp, dir: string, role: "link" | "button" = "button") {
  const waiting = page.waitForEvent("download");
  await page.getByRole(role, { name }).click();
  const file = await waiting;
  const path = join(dir, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

test("from nothing to a device on a port with TLS, and to no port without", async ({ page, house }) => {
  test.setTimeout(600_000);
  const dir = mkdtempSync(join(tmpdir(), "bunkerm-certs-"));
  let clear: ChildProcess | undefined;
  try {
    const password = await house.device("kettle");
    const [mqtts, mutual] = [await freePort(), await freePort()];
    await signIn(page, house);
    await open(page, house);
    await axe(page);

    await page.getByRole("button", { name: "Open a port for TLS" }).click();
    const dialog = page.getByRole("dialog", { name: "Open a port for TLS" });
    await dialog.getByLabel("More names").fill("not a name, http://x");
    await dialog.getByLabel("Port for TLS").fill(String(mqtts));
    await dialog.getByLabel("Clients with a certificate").check();
    await dialog.getByLabel("Port for certificates").fill(String(mqtts));
    await expect(dialog.getByRole("button", { name: "Open" })).toBeDisabled();
    await dialog.getByLabel("Port for certificates").fill(String(mutual));
    await dialog.getByLabel("More names").fill("kitchen.lan");
    await axe(page);
    await dialog.getByRole("button", { name: "Open" }).click();
    await expect(dialog).toBeHidden({ timeout: 30_000 });
    const listeners = page.getByRole("list", { name: "Listeners" });
    await expect(listeners.getByRole("listitem").filter({ hasText: String(mqtts) })).toContainText("days left");

    await page.goto(`${house.url}/`);
    await expect(page.getByText(/The certificate of listener .* ends first: 36\d days left/)).toBeVisible();
    await open(page, house);

    // What the page gives does for a device.
    const ca = await download(page, "Download ca.pem", dir, "link");
    expect(pub(mqtts, "--cafile", ca, "-u", "kettle", "-P", password)).toBe("");
    expect(pub(mqtts, "--cafile", "/etc/ssl/certs/ca-certificates.crt", "-u", "kettle", "-P", password)).toContain(
      "status",
    );
    await expect(page.getByRole("region", { name: "Connect a device" })).toContainText(`-p ${mqtts} --cafile ca.pem`);
    await page.getByRole("tab", { name: "ESPHome" }).click();
    await expect(page.getByRole("tabpanel", { name: "ESPHome" })).toContainText("BEGIN CERTIFICATE");
    await page.getByRole("button", { name: "Show QR code" }).click();
    const drawn = await page
      .getByRole("img", { name: "QR code" })
      .evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth > 0));
    expect(drawn).toBe(true);
    await axe(page);

    // A client by its certificate.
    await page.getByRole("button", { name: "Make a certificate" }).click();
    const make = page.getByRole("dialog", { name: "Make a client certificate" });
    await make.getByLabel("Username").fill("kettle");
    await make.getByRole("button", { name: "Make" }).click();
    const made = page.getByRole("dialog", { name: "The certificate of kettle" });
    await expect(made).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(made).toBeVisible();
    const cert = await download(page, "Download kettle.crt", dir);
    const key = await download(page, "Download kettle.key", dir);
    const both = await download(page, "Download kettle.p12", dir);
    await axe(page);
    const secret = (await made.locator("code").textContent())?.trim();
    const read = spawnSync("openssl", ["pkcs12", "-in", both, "-nokeys", "-passin", `pass:${secret}`], {
      encoding: "utf8",
    });
    expect(read.stdout).toContain("BEGIN CERTIFICATE");
    await made.getByLabel("I have kept the files").check();
    await made.getByRole("button", { name: "Done" }).click();
    expect(pub(mutual, "--cafile", ca, "--cert", cert, "--key", key)).toBe("");
    await page.getByRole("button", { name: "Revoke the certificate of kettle" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByText("is revoked, and its sessions are ended.")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("list", { name: "Client certificates" })).toContainText("revoked");
    expect(pub(mutual, "--cafile", ca, "--cert", cert, "--key", key)).toContain("status");

    // Who still speaks in the clear, until nobody does.
    clear = house.subscribe("kettle", password, "kettle/#");
    const inTheClear = page.getByRole("region", { name: "In the clear" });
    await expect(inTheClear.getByRole("link", { name: "kettle" })).toBeVisible({ timeout: 30_000 });
    clear.kill();
    await expect(inTheClear).toContainText("none speaks in the clear", { timeout: 30_000 });
    await listeners.getByRole("button", { name: "Close" }).click();
    const closing = page.getByRole("dialog", { name: /Close the port/ });
    await expect(closing).toContainText("Nobody uses it now");
    await axe(page);
    await closing.getByRole("button", { name: "Close the port" }).click();
    await expect(inTheClear).toContainText("Every port of the broker speaks TLS.", { timeout: 30_000 });
    expect(pub(house.mqttPort, "-u", "kettle", "-P", password)).toContain("status");
    expect(pub(mqtts, "--cafile", ca, "-u", "kettle", "-P", password)).toBe("");

    // And after a restart, although the flag for the clear port is still given.
    await page.goto("about:blank");
    await house.end();
    await house.start();
    expect(pub(mqtts, "--cafile", ca, "-u", "kettle", "-P", password)).toBe("");
  } finally {
    clear?.kill();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("the authority is renewed without cutting off who has the old one", async ({ page, house }) => {
  const dir = mkdtempSync(join(tmpdir(), "bunkerm-certs-"));
  try {
    const certs = await house.api<{ listeners: { port: number; tls: boolean; client_certificates: boolean }[] }>(
      "/certs",
    );
    const port = certs.listeners.find((l) => l.tls && !l.client_certificates)?.port ?? 0;
    const password = await house.device("lamp", "kettle/#");
    await signIn(page, house);
    await open(page, house);
    const old = await download(page, "Download ca.pem", dir, "link");
    const authority = page.getByRole("region", { name: "Authority" });
    const before = await authority.locator("code").textContent();
    await authority.getByRole("button", { name: "Renew" }).click();
    const dialog = page.getByRole("dialog", { name: "Renew the authority" });
    await dialog.getByLabel("Names that it may sign for").fill("mqtt.example.org");
    await dialog.getByRole("button", { name: "Renew" }).click();
    await expect(authority).toContainText("1 former authority still counts");
    await expect(authority.locator("code")).not.toHaveText(before ?? "");
    await expect.poll(() => pub(port, "--cafile", old, "-u", "lamp", "-P", password), { timeout: 30_000 }).toBe("");
    await authority.getByRole("button", { name: "Drop former authorities" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drop" }).click();
    await expect(authority).not.toContainText("former");
    await expect
      .poll(() => pub(port, "--cafile", old, "-u", "lamp", "-P", password), { timeout: 30_000 })
      .toContain("status");
    const young = await download(page, "Download ca.pem", dir, "link");
    await expect.poll(() => pub(port, "--cafile", young, "-u", "lamp", "-P", password)).toBe("");
    await expect(page.getByRole("region", { name: "Server certificate" })).toContainText("mqtt.example.org");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("an operator sees certificates and changes none", async ({ page, house }) => {
  await house.api("/auth/users", { body: { username: "olga", role: "operator", password: "correct horse battery" } });
  await signIn(page, house, { username: "olga", password: "correct horse battery" });
  await open(page, house);
  await expect(page.getByRole("region", { name: "Authority" })).toBeVisible();
  for (const name of ["Open another port", "Make a certificate", "Renew", "Make anew", "Close"]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await axe(page);
});
