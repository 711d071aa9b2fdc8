// A large installation: with 100,000 clients and 100,000 topics the page is as quick as with ten.
import { connect } from "node:net";
import type { Page, TestInfo } from "@playwright/test";
import { expect, type House, signIn, test } from "./house";

const many = 100_000;
const name = (i: number) => `device-${String(i).padStart(6, "0")}`;
const topic = (i: number) => `plant/hall-${String(i % 250).padStart(3, "0")}/machine-${String(i).padStart(6, "0")}`;

// text is a string as MQTT writes it.
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(first: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

// publishAll publishes to every topic over one connection, with MQTT 3.1.1 and QoS 0, and returns when the broker has read
// all of it: the answer to a ping comes after what was sent before.
async function publishAll(house: House, username: string, password: string): Promise<void> {
  const protocol = Buffer.concat([text("MQTT"), Buffer.from([4, 0xc2, 0, 0])]); // clean, username, password; no keep-alive
  const hello = packet(0x10, protocol, text(username), text(username), text(password));
  const messages = Array.from({ length: many }, (_, i) => packet(0x30, text(topic(i)), Buffer.from(String(i))));
  await new Promise<void>((resolve, reject) => {
    const socket = connect(house.mqttPort, "127.0.0.1");
    let read = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the broker has closed the connection")));
    socket.on("data", (chunk) => {
      const before = read.length;
      read = Buffer.concat([read, chunk]);
      if (before < 4 && read.length >= 4) {
        if (read[3] !== 0) reject(new Error(`the broker refuses with ${read[3]}`));
        socket.write(Buffer.concat([...messages, packet(0xc0)]));
      }
      if (read.length >= 6) {
        resolve();
        socket.end(packet(0xe0));
      }
    });
    socket.write(hello);
  });
}

async function fill(house: House): Promise<void> {
  const piece = many / 2; // a file of less than 10 MiB
  for (let first = 0; first < many; first += piece) {
    const clients = Array.from({ length: piece }, (_, i) => ({
      username: name(first + i),
      textname: `Machine ${first + i}`,
    }));
    const { created } = await house.api<{ created: number }>("/dynsec/clients/import?method=restart", {
      body: clients,
    });
    expect(created).toBe(piece);
  }
  const password = await house.device("many", "#");
  await publishAll(house, "many", password);
  await expect
    .poll(async () => (await house.api<{ total: number }>("/monitor/topics?limit=1&q=plant/hall")).total, {
      timeout: 30_000,
    })
    .toBe(many);
}

// tell puts a measurement into the report and onto the terminal.
function tell(info: TestInfo, measured: string): void {
  info.annotations.push({ type: "measured", description: measured });
  process.stdout.write(`${measured}\n`);
}

// opens measures five times how long a click takes to show rows, the first time and in the middle.
async function opens(page: Page, info: TestInfo, link: string, rows: string): Promise<void> {
  const took: number[] = [];
  for (let i = 0; i < 5; i++) {
    await page.getByRole("link", { name: "About", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: /About|BunkerM/ })).toBeVisible();
    took.push(
      await page.evaluate(
        async ([link, rows]) => {
          const from = performance.now();
          document.querySelector<HTMLElement>(`nav a[aria-label="${link}"]`)?.click();
          while (!document.querySelector(rows ?? "")) await new Promise(requestAnimationFrame);
          return performance.now() - from;
        },
        [link, rows],
      ),
    );
  }
  const first = took[0] ?? Number.NaN; // with nothing in the page's memory
  const median = took.sort((a, b) => a - b)[2] ?? Number.NaN;
  tell(info, `${link}: rows after ${Math.round(first)} ms at first, then after ${Math.round(median)} ms`);
}

// scrolls turns the wheel 200 times, tells how long the page stood still, and expects that only what is in sight is drawn.
async function scrolls(page: Page, info: TestInfo, what: string, box: string): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({
      type: "longtask",
    });
    Object.assign(window, { tasks });
  });
  await page.locator(box).first().hover();
  for (let i = 0; i < 200; i++) await page.mouse.wheel(0, 400);
  await expect
    .poll(() =>
      page
        .locator(box)
        .first()
        .evaluate((e) => Math.max(e.scrollTop, document.scrollingElement?.scrollTop ?? 0)),
    )
    .toBeGreaterThan(2000);
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  const longest = Math.round(Math.max(0, ...tasks));
  tell(info, `${what}: ${tasks.length} long tasks, the longest ${longest} ms`);
  expect(await page.locator(box).first().getByRole("row").count()).toBeLessThan(200);
}

test.beforeAll(async ({ house }) => {
  test.setTimeout(600_000);
  await fill(house);
});

test("100,000 clients", async ({ page, house }, info) => {
  await signIn(page, house);
  await opens(page, info, "Clients", '[role=grid][aria-label="Clients"] .tbody [role=row]');
  await expect(page.getByText(/100\s00\d clients/)).toBeVisible();
  await scrolls(page, info, "Clients", ".table");
  await page.getByRole("searchbox", { name: "Search clients" }).fill(name(77_777));
  const rows = page.getByRole("grid", { name: "Clients" });
  await expect(rows.getByRole("link", { name: name(77_777) })).toBeVisible();
  await expect(page.getByText("1 client found")).toBeVisible();
});

test("100,000 topics", async ({ page, house }, info) => {
  await signIn(page, house);
  await opens(page, info, "Topics", "[role=tree] [role=treeitem]");
  const tree = page.getByRole("tree", { name: "Topics by level" });
  await tree.getByRole("treeitem", { name: /^plant/ }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(tree.getByRole("treeitem", { name: /^hall-000/ })).toBeVisible();
  await page
    .getByRole("radio", { name: "List" })
    .or(page.getByRole("button", { name: "List" }))
    .first()
    .click();
  const rows = page.getByRole("grid", { name: /Topics/ });
  await expect(rows.getByText(topic(0), { exact: true })).toBeVisible();
  await scrolls(page, info, "Topics", ".table");
  await page.getByRole("searchbox", { name: "Search topics" }).fill("machine-077777");
  await expect(rows.getByText(topic(77_777), { exact: true })).toBeVisible();
});
