// Names and payloads that devices and people may choose: they are text, on every page, whatever they look like.
import { expect, settled, signIn, test } from "./house";

const names = [
  "<img src=x onerror=globalThis.pwned=1>",
  `"><script>globalThis.pwned=1</script>`,
  "javascript:globalThis.pwned=1",
  "=HYPERLINK(A1)",
  "$(reboot)`reboot`;'\"\\",
  "!!python/object {a: b} # - x",
  "turned \u202eround",
  "zero\u200bwidth",
  "emoji 👩‍🔧 温度",
  "%2F..%2F..%2Fetc%2Fpasswd",
  "a/b?c=d#e&f",
  "constructor",
  "__proto__",
  "514",
  "true",
  `long ${"x".repeat(300)}`,
];

test("hostile names are text on every page, and lead to whom they name", async ({ page, house }) => {
  test.setTimeout(600_000);
  const acls = ["publishClientSend", "publishClientReceive", "subscribePattern"].map((acltype) => ({
    acltype,
    topic: "hostile/#",
    allow: true,
  }));
  for (const name of names) {
    await house.api("/dynsec/roles", { body: { rolename: name, textname: name, acls } });
    await house.api("/dynsec/groups", { body: { groupname: name, textname: name } });
    await house.api("/dynsec/clients", {
      body: {
        username: name,
        password: "a password of a device",
        textname: name,
        textdescription: name,
        roles: [{ rolename: name }],
        groups: [{ groupname: name }],
      },
    });
    const topic = `hostile/${name.replaceAll(/[#+]/g, "")}`;
    expect(
      house.publish(
        name,
        "a password of a device",
        topic,
        `{"${name.replaceAll(/["\\]/g, "")}": 1, "text": "<b>${name.replaceAll(/["\\]/g, "")}"}`,
        "-r",
      ).stderr,
    ).toBe("");
  }
  page.on("dialog", (dialog) => {
    throw new Error(`a dialog opened: ${dialog.message()}`);
  });
  await signIn(page, house);
  const paths = [
    "/",
    "/clients",
    "/roles",
    "/groups",
    "/sessions",
    "/events",
    "/topics",
    "/topics?view=list",
    "/log",
    "/admin/audit",
  ];
  for (const name of names) {
    const id = encodeURIComponent(name);
    const topic = encodeURIComponent(`hostile/${name.replaceAll(/[#+]/g, "")}`);
    paths.push(
      `/clients/${id}`,
      `/roles/${id}`,
      `/groups/${id}`,
      `/topics?topic=${topic}`,
      `/access?username=${id}&action=publish&topic=${topic}`,
    );
  }
  for (const path of paths) {
    await page.goto(house.url + path);
    await settled(page);
    expect(await page.evaluate(() => "pwned" in globalThis), path).toBe(false);
    expect(await page.locator("main script, main img[src=x]").count(), path).toBe(0);
    expect(await page.getByRole("main").textContent(), path).not.toMatch(/[\u202e\u200b]/);
  }

  // A link in a list leads to the one that it names: nothing is lost between the list, the address and the page.
  for (const name of ["a/b?c=d#e&f", "%2F..%2F..%2Fetc%2Fpasswd", "__proto__", "514"]) {
    await page.goto(`${house.url}/clients?q=${encodeURIComponent(name)}`);
    await page.getByRole("row").getByRole("link", { name, exact: true }).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await expect(page.getByText("What it may do")).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  }
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search pages" }).fill("<img");
  await expect(page.getByRole("option", { name: "<img src=x" }).first()).toBeVisible();
  expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
});
