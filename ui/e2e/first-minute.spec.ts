// The first minute of a new installation: nobody gets in without the token from the console, and whoever has it makes
// the first account.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test as plain } from "@playwright/test";
import { House } from "./house";

plain("the set-up token makes the first account, once", async ({ page }) => {
  const house = new House();
  await house.start();
  try {
    await page.goto(house.url);
    await expect(page.getByText("Make the first account")).toBeVisible();

    // A wrong token is refused before anything is said about passwords.
    await page.getByLabel("Set-up token").fill("guess");
    await page.getByLabel("Username").fill("jo");
    await page.getByLabel("Password", { exact: true }).fill("seven blue kettles");
    await page.getByLabel("Password once more").fill("seven blue kettles");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("alert")).toContainText("set-up token is not right");

    const file = join(house.dir, "setup-token");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(readFileSync(file, "utf8")) as { token: string };
    await page.goto(`${house.url}/#token=${token}`);
    await page.reload();
    await expect(page.getByLabel("Username")).toHaveValue("admin");
    expect(page.url()).not.toContain(token);
    await page.getByLabel("Password", { exact: true }).fill("password1234");
    await page.getByLabel("Password once more").fill("password1234");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("alert").first()).toContainText("is one of the first that anybody would try");
    await page.getByLabel("Username").fill("Jo");
    await page.getByLabel("Password", { exact: true }).fill("seven blue kettles");
    await page.getByLabel("Password once more").fill("seven blue kettles");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
    expect(() => statSync(file)).toThrow();

    // The token was good once, and set-up is over.
    const again = await page.request.post(`${house.url}/api/auth/setup`, {
      data: { token, username: "eve", password: "seven red kettles" },
    });
    expect(again.status()).toBe(409);

    // What was signed in stays so over a restart; who signs out is out, with the cookie they had too.
    await house.end();
    await house.start();
    await page.reload();
    await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
    const cookies = await page.context().cookies();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: false, path: "/" });
    await page.getByRole("button", { name: "Account: Jo" }).click();
    // The page is loaded anew then; before, it already says Sign in.
    const anew = page.waitForEvent("load");
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await anew;
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await page.context().addCookies(cookies);
    await page.reload();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();

    // Upper and lower case of the name are the same; a wrong password says no more than that.
    await page.getByLabel("Username").fill("jo");
    await page.getByLabel("Password").fill("seven red kettles");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("Username or password is not right");
    await page.getByLabel("Password").fill("seven blue kettles");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  } finally {
    await house.close();
  }
});

plain("from the set-up to the first message that is seen", async ({ page }) => {
  const house = new House();
  await house.start();
  try {
    await page.goto(house.url);
    // What the command prints is pasted as it is.
    await page.getByLabel("Set-up token").fill(house.command("setup-token"));
    await page.getByLabel("Password", { exact: true }).fill("seven blue kettles");
    await page.getByLabel("Password once more").fill("seven blue kettles");
    await page.getByRole("button", { name: "Create account" }).click();

    await page.getByRole("link", { name: "Create a client" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Username").fill("first lamp");
    await expect(dialog.getByLabel("It may use the topics below its name")).toBeChecked();
    await dialog.getByRole("button", { name: "Create client" }).click();
    await expect(page.getByRole("dialog", { name: "Created first lamp" })).toBeVisible();
    const lines = dialog.getByRole("tabpanel").locator("pre");
    await expect(lines).toContainText(`-p ${house.mqttPort}`);
    await expect(lines).toContainText("-t 'first lamp/hello'");
    const text = ((await lines.textContent()) ?? "").replace(/Copy$/, "");
    expect(spawnSync("sh", ["-c", text], { encoding: "utf8", timeout: 60_000 }).status).toBe(0);
    await dialog.getByLabel("I have kept the password").check();
    await dialog.getByRole("button", { name: "Done" }).click();

    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Topics" }).click();
    await page.getByRole("treeitem", { name: /^first lamp/ }).click();
    await page.getByRole("treeitem", { name: /^hello/ }).click();
    await expect(page.getByRole("region", { name: "Topic", exact: true }).locator("pre")).toHaveText("hello");
  } finally {
    await house.close();
  }
});
