// A house for one test file: a BunkerM of its own with a mosquitto of its own, on free loopback ports, in a directory
// that goes when it ends. Broken promises that hold for every page (no console error, no request to elsewhere) fail
// the test in which they happen.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test as playwright } from "@playwright/test";

export const admin = { username: "admin", password: "correct horse battery" };

const binary = process.env.BUNKERM_BIN ?? new URL("../../bin/bunkerm", import.meta.url).pathname;

export class House {
  readonly dir = mkdtempSync(join(tmpdir(), "bunkerm-e2e-"));
  url = "";
  mqttPort = 0;
  private process: ChildProcess | undefined;
  private log = "";

  constructor(
    private readonly environment: Record<string, string> = {},
    private readonly flags: string[] = [],
  ) {}

  // start runs BunkerM and returns when it is ready. A second start finds what the first has left.
  async start(): Promise<void> {
    this.mqttPort ||= await freePort();
    this.log = "";
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const off = ["--dynsec-listen=", "--monitor-listen=", "--clientlogs-listen="];
    // With --broker in flags it attaches to a broker that another house runs.
    const managed = this.flags.includes("--broker")
      ? []
      : ["--mqtt-listen", `127.0.0.1:${this.mqttPort}`, "--on-exit", "stop"];
    const child = spawn(
      binary,
      ["serve", "--data-dir", this.dir, "--listen", listen, ...managed, "--log-format", "json", ...off, ...this.flags],
      { env: { ...process.env, ...this.environment }, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.process = child;
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.log += chunk.toString();
        for (const line of this.log.split("\n")) {
          if (!line.includes('"msg":"ready"')) continue;
          this.url = (JSON.parse(line) as { url: string }).url;
          resolve();
        }
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.on("exit", (code) => reject(new Error(`BunkerM ended with ${code}:\n${this.log}`)));
    });
  }

  // end stops BunkerM; SIGKILL as a power cut would.
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      child.on("exit", () => resolve());
      child.kill(signal);
    });
    this.process = undefined;
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.dir, { recursive: true, force: true });
  }

  // command runs bunkerm with this house's data.
  command(...args: string[]): string {
    const done = spawnSync(binary, [...args, "--data-dir", this.dir], {
      encoding: "utf8",
      env: { ...process.env, ...this.environment },
    });
    if (done.status !== 0) throw new Error(`bunkerm ${args.join(" ")}: ${done.stderr}`);
    return done.stdout.trim();
  }

  // api asks with the primary key, for what a test needs to be there and is not about.
  async api<T>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
    const answer = await fetch(`${this.url}/api${path}`, {
      method: init.method ?? (init.body === undefined ? "GET" : "POST"),
      headers: { "X-API-Key": this.command("apikey", "show"), "Content-Type": "application/json" },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  // device makes an account that may do everything below a topic, and returns its password.
  async device(username: string, topic = `${username}/#`): Promise<string> {
    const password = "a password of a device";
    const acls = ["publishClientSend", "publishClientReceive", "subscribePattern"].map((acltype) => ({
      acltype,
      topic,
      allow: true,
    }));
    await this.api("/dynsec/roles", { body: { rolename: `${username} role`, acls } });
    await this.api("/dynsec/clients", { body: { username, password, roles: [{ rolename: `${username} role` }] } });
    return password;
  }

  // recording waits until denials and publishes are recorded: they stand in the broker's debug log, which is taken a
  // moment after the start, when the broker is known to be quiet.
  async recording(): Promise<void> {
    const state = async () =>
      (await this.api<{ publish_events: { state: string } }>("/settings/clientlogs")).publish_events.state;
    await expect.poll(state, { timeout: 80_000 }).toBe("recording");
  }

  // publish and subscribe are mosquitto's own programs with an account of a device.
  publish(username: string, password: string, topic: string, message: string, ...more: string[]) {
    return spawnSync(
      "mosquitto_pub",
      [
        "-V",
        "5",
        "-q",
        "1",
        "-p",
        String(this.mqttPort),
        "-i",
        username,
        "-u",
        username,
        "-P",
        password,
        "-t",
        topic,
        "-m",
        message,
        ...more,
      ],
      { encoding: "utf8", timeout: 60_000 },
    );
  }

  subscribe(username: string, password: string, topic: string, ...more: string[]): ChildProcess {
    return spawn(
      "mosquitto_sub",
      ["-V", "5", "-p", String(this.mqttPort), "-i", username, "-u", username, "-P", password, "-t", topic, ...more],
      {
        stdio: "ignore",
      },
    );
  }
}

// freePort returns a port that nobody uses and that no other test is given before this process ends. It lies below those
// that systems give to whoever asks for any.
export async function freePort(): Promise<number> {
  const claims = join(tmpdir(), `bunkerm-e2e-ports-${process.getuid?.() ?? 0}`);
  mkdirSync(claims, { recursive: true });
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (claim(join(claims, String(port))) && (await isFree(port))) return port;
  }
}

// claim takes a file that no other living process has taken.
function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    process.once("exit", () => rmSync(file, { force: true }));
    return true;
  } catch {
    if (!isAlive(file)) rmSync(file, { force: true }); // for the next one who asks for it
    return false;
  }
}

// isAlive is whether the process that has a claim still runs.
function isAlive(file: string): boolean {
  try {
    const owner = Number(readFileSync(file, "utf8"));
    return owner === 0 || process.kill(owner, 0); // 0: it is being written
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

// signIn leaves the page signed in.
export async function signIn(
  page: Page,
  house: House,
  who: { username: string; password: string } = admin,
): Promise<void> {
  await page.goto(house.url);
  await page.getByLabel("Username").fill(who.username);
  await page.getByLabel("Password").fill(who.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

interface Worker {
  house: House;
}

interface Each {
  promises: undefined;
}

// test has a house with one admin, shared by the tests of a worker. What a test provokes in the console on purpose it
// names in an annotation: { type: "provokes", description: "401" }.
export const test = playwright.extend<Each, Worker>({
  house: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      const house = new House({ BUNKERM_ADMIN_USER: admin.username, BUNKERM_ADMIN_PASSWORD: admin.password });
      await house.start();
      await use(house);
      await house.close();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  promises: [
    async ({ context }, use, info) => {
      const broken: string[] = [];
      context.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (["http:", "https:", "ws:", "wss:"].includes(protocol) && hostname !== "127.0.0.1")
          broken.push(`a request left the origin: ${request.url()}`);
      });
      context.on("weberror", (error) => broken.push(`a fault in the page: ${error.error().message}`));
      context.on("console", (message) => {
        if (message.type() === "error") broken.push(`console: ${message.text()} (${message.location().url})`);
      });
      await use(undefined);
      const allowed = info.annotations.filter((a) => a.type === "provokes").map((a) => a.description ?? "");
      const left = broken.filter((b) => !allowed.some((part) => b.includes(part)));
      if (left.length > 0) throw new Error(left.join("\n"));
    },
    { auto: true },
  ],
});

// settled waits until a page shows all that it shows: its heading is there, and it waits for nothing more.
export async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expect(page.locator(".waiting")).toHaveCount(0);
}

export { expect } from "@playwright/test";
