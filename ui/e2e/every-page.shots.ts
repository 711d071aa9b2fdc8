// Pictures of every page in both themes and at the width of a phone, in bin/screenshots, of a small house in which
// something happens.
import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type House, signIn, test } from "./house";

const folder = new URL("../../bin/screenshots/", import.meta.url).pathname;

const pages: Record<string, string> = {
  overview: "/?range=5m",
  clients: "/clients",
  client: "/clients/greenhouse-pump",
  roles: "/roles",
  role: "/roles/greenhouse-pump%20role",
  groups: "/groups",
  access: "/access?username=greenhouse-pump&action=publish&topic=house%2Falarm",
  sessions: "/sessions",
  events: "/events",
  topics: "/topics?topic=house%2Fgreenhouse%2Fclimate",
  log: "/log",
  broker: "/admin/broker",
  configuration: "/admin/config",
  "configuration-text": "/admin/config?tab=text",
  users: "/admin/users",
  audit: "/admin/audit",
  account: "/account",
  about: "/about",
};

// liveIn lets devices come, go, speak, and be refused, until what it returns is called.
async function liveIn(house: House): Promise<() => void> {
  const names = ["greenhouse-pump", "kitchen-sensor", "garage-door", "dashboard", "weather-station"];
  const passwords = new Map<string, string>();
  for (const name of names) passwords.set(name, await house.device(name, `house/${name.split("-")[0]}/#`));
  await house.api("/dynsec/groups", { body: { groupname: "garden", textname: "Garden" } });
  await house.api("/dynsec/groups/garden/clients", { body: { username: "greenhouse-pump" } });
  await house.api("/auth/users", { body: { username: "mara", role: "operator" } });
  await house.api("/auth/users", { body: { username: "guest", role: "viewer" } });
  const listening: ChildProcess[] = names.map((name) =>
    house.subscribe(name, passwords.get(name) ?? "", `house/${name.split("-")[0]}/#`),
  );
  let minute = 0;
  const speak = () => {
    minute++;
    const temperature = (21 + 3 * Math.sin(minute / 6)).toFixed(1);
    house.publish(
      "greenhouse-pump",
      passwords.get("greenhouse-pump") ?? "",
      "house/greenhouse/climate",
      JSON.stringify({ temperature: Number(temperature), humidity: 60 + (minute % 7), pump: minute % 5 === 0 }),
      "-r",
      "-i",
      "greenhouse-sender",
    );
    house.publish(
      "kitchen-sensor",
      passwords.get("kitchen-sensor") ?? "",
      "house/kitchen/temperature",
      temperature,
      "-i",
      "kitchen-sender",
    );
  };
  speak();
  house.publish(
    "greenhouse-pump",
    passwords.get("greenhouse-pump") ?? "",
    "house/alarm",
    "1",
    "-i",
    "greenhouse-sender",
  );
  house.publish("weather-station", "an old password", "house/weather/wind", "3", "-i", "weather-sender");
  const timer = setInterval(speak, 900);
  return () => {
    clearInterval(timer);
    for (const device of listening) device.kill();
  };
}

test("pictures", async ({ page, house }) => {
  mkdirSync(folder, { recursive: true });
  const stop = await liveIn(house);
  try {
    await signIn(page, house);
    await page.waitForTimeout(150_000); // a chart without a past is no picture
    for (const [name, path] of Object.entries(pages)) {
      for (const theme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize({ width: 1280, height: 860 });
        await page.goto(house.url + path);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await page.waitForTimeout(name === "topics" ? 5_000 : 1_200);
        await page.screenshot({ path: `${folder}${name}-${theme}.png` });
      }
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${folder}${name}-phone.png` });
    }
  } finally {
    stop();
  }
});
