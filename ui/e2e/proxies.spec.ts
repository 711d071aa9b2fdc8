// Behind proxies: at the root of a host, below a prefix that is kept, below one that is taken away and in a frame as Home
// Assistant's Ingress does, and behind one that tells nothing.
import type { Frame, Page } from "@playwright/test";
import { browser } from "./browser";
import { admin, expect, House, test } from "./house";
import { ReverseProxy, type ReverseProxyOptions } from "./proxy";

// A host that is no loopback address to the browser: it sends no Sec-Fetch-Site there, as nowhere on plain http in a LAN.
const host = "mqtt.test";
const { launchOptions } = browser;
test.use({
  launchOptions: {
    ...launchOptions,
    args: [...(launchOptions.args ?? []), `--host-resolver-rules=MAP ${host} 127.0.0.1`],
  },
});

const forwarded = (told: string) => ({
  "X-Forwarded-For": "192.0.2.7",
  "X-Forwarded-Proto": "http",
  "X-Forwarded-Host": told,
});

// behind runs a house behind a proxy.
async function behind(
  page: Page,
  o: ReverseProxyOptions,
  flags: (proxy: ReverseProxy) => string[],
  use: (h: House, p: ReverseProxy) => Promise<void>,
) {
  const proxy = new ReverseProxy(o);
  await proxy.start();
  const house = new House({ BUNKERM_ADMIN_USER: admin.username, BUNKERM_ADMIN_PASSWORD: admin.password }, flags(proxy));
  try {
    await house.start();
    proxy.to = house.url;
    await use(house, proxy);
    await page.goto("about:blank"); // nothing is asked for when the proxy is gone
  } finally {
    proxy.close();
    await house.close();
  }
}

async function enter(page: Page | Frame): Promise<void> {
  await page.getByLabel("Username").fill(admin.username);
  await page.getByLabel("Password").fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// lives signs in, sees a device come and go, and opens the device's own address afresh.
async function lives(page: Page | Frame, house: House, at: (path: string) => string): Promise<void> {
  await enter(page);
  await expect(page.getByText(/· 0 clients/)).toBeVisible();
  const device = house.subscribe("lamp/one", await house.device("lamp/one"), "lamp/one/#");
  try {
    await expect(page.getByText(/· 1 client\b/)).toBeVisible();
  } finally {
    device.kill();
  }
  await expect(page.getByText(/· 0 clients/)).toBeVisible();
  const path = "clients/lamp%2Fone";
  await page.getByRole("link", { name: "Clients", exact: true }).click();
  await page.getByRole("grid", { name: "Clients" }).getByRole("link", { name: "lamp/one", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "lamp/one" })).toBeVisible();
  expect(page.url()).toBe(at(path));
  await page.goto(at(path));
  await expect(page.getByRole("heading", { level: 1, name: "lamp/one" })).toBeVisible();
  await expect(page.getByText(/· 0 clients/)).toBeVisible();
}

// cookiePath is where the browser sends the only cookie.
async function cookiePath(page: Page): Promise<string | undefined> {
  const cookies = await page.context().cookies();
  expect(cookies).toHaveLength(1);
  return cookies[0]?.path;
}

test("at the root of a host", async ({ page }, info) => {
  info.annotations.push({ type: "provokes", description: `left the origin: http://${host}` });
  await behind(
    page,
    { headers: forwarded },
    () => ["--trusted-proxies", "127.0.0.1"],
    async (house, proxy) => {
      const first = await page.goto(proxy.at("", host));
      expect(first?.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
      await lives(page, house, (path) => proxy.at(path, host));
      expect(await cookiePath(page)).toBe("/");
      // Who signed in came from where the proxy says.
      const { sessions } = await house.api<{ sessions: { address: string }[] }>("/auth/users/admin/sessions");
      expect(sessions.map((s) => s.address)).toEqual(["192.0.2.7"]);
    },
  );
});

test("below a prefix that the proxy keeps", async ({ page }, info) => {
  info.annotations.push({ type: "provokes", description: `left the origin: http://${host}` });
  const flags = () => ["--trusted-proxies", "127.0.0.1", "--base-path", "/broker/"];
  await behind(page, { prefix: "/broker/", headers: forwarded }, flags, async (house, proxy) => {
    await page.goto(proxy.at("", host));
    await lives(page, house, (path) => proxy.at(path, host));
    expect(await cookiePath(page)).toBe("/broker/");
  });
});

test("in a frame, below a prefix that the proxy takes away and tells, as Home Assistant does", async ({ page }) => {
  const prefix = "/api/hassio_ingress/aB3_x-9/";
  const ingress = {
    prefix,
    strip: true,
    headers: (told: string) => ({ ...forwarded(told), "X-Ingress-Path": prefix.slice(0, -1) }),
    outside: `<!doctype html><title>Home</title><link rel="icon" href="data:,"><iframe src="${prefix}" width="1200" height="700"></iframe>`,
  };
  const flags = () => ["--trusted-proxies", "127.0.0.1", "--frame-ancestors", "'self'"];
  await behind(page, ingress, flags, async (house, proxy) => {
    await page.goto(new URL("/", proxy.at()).href);
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    if (!frame) throw new Error("the page has no frame");
    await lives(frame, house, (path) => proxy.at(path));
    expect(await cookiePath(page)).toBe(prefix);
  });
});

test("a proxy that tells nothing: the refusal names what helps, and it helps", async ({ page }, info) => {
  info.annotations.push({ type: "provokes", description: `left the origin: http://${host}` });
  info.annotations.push({ type: "provokes", description: "403" });
  info.annotations.push({ type: "provokes", description: "Cross-Origin-Opener-Policy" }); // for a host that it took for loopback
  await behind(
    page,
    {},
    () => [],
    async (_, proxy) => {
      await page.goto(proxy.at("", host));
      await enter(page);
      await expect(page.getByRole("alert")).toContainText(`comes from http://${host}:${proxy.port}`);
      await expect(page.getByRole("alert")).toContainText("--public-url");
      expect(await page.context().cookies()).toEqual([]);
    },
  );
  await behind(
    page,
    {},
    (proxy) => ["--public-url", proxy.at("", host)],
    async (house, proxy) => {
      await page.goto(proxy.at("", host));
      await lives(page, house, (path) => proxy.at(path, host));
      expect(await cookiePath(page)).toBe("/");
    },
  );
});
