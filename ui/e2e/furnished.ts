// Every page, and something to see on each of them.
import type { House } from "./house";

export const everyPage = [
  "/",
  "/anomalies",
  "/anomalies?tab=series",
  "/anomalies/series?entity=sampler%2Ftemperature",
  "/anomalies?tab=rules",
  "/anomalies?tab=settings",
  "/clients",
  "/clients/sampler",
  "/roles",
  "/roles/sampler%20role",
  "/groups",
  "/groups/samplers",
  "/access?username=sampler&action=publish&topic=sampler%2Ftemperature",
  "/doctor",
  "/sessions",
  "/events",
  "/topics?topic=sampler%2Ftemperature",
  "/topics?view=list",
  "/log",
  "/admin/broker",
  "/admin/config",
  "/admin/config?show=all",
  "/admin/config?tab=text",
  "/admin/config?tab=dynsec",
  "/admin/config?tab=versions",
  "/admin/config?tab=versions&version=1&show=files",
  "/admin/certificates",
  "/admin/backups",
  "/admin/users",
  "/admin/audit",
  "/account",
  "/about",
  "/nothing/here",
];

const furnished = new WeakSet<House>();

// furnish puts something on every page.
export async function furnish(house: House): Promise<void> {
  if (furnished.has(house)) return;
  furnished.add(house);
  const password = await house.device("sampler");
  await house.api("/dynsec/groups", { body: { groupname: "samplers" } });
  await house.api("/dynsec/groups/samplers/clients", { body: { username: "sampler" } });
  for (const value of ["21.5", "21.7", "22"]) house.publish("sampler", password, "sampler/temperature", value, "-r");
  house.publish("sampler", password, "sampler/state", '{"on":true,"power":{"w":12.5}}', "-r");
  house.publish("sampler", password, "elsewhere", "denied");
  house.publish("sampler", "a wrong password", "sampler/temperature", "1");
}
