// The page Doctor with a real broker: a login that fails, one that works, a topic that is not allowed, and what was refused.
import { axe } from "./configuration";
import { expect, signIn, test } from "./house";

test("the doctor finds the step that fails, and says what to change", async ({ page, house }) => {
  const password = await house.device("lamp");
  await signIn(page, house);
  await page.goto(`${house.url}/doctor`);
  await expect(page.getByLabel("Listener")).toContainText(`${house.mqttPort}: MQTT`);
  const examine = page.getByRole("button", { name: "Examine" });
  const found = page.getByRole("region", { name: "What was found" });

  await page.getByRole("textbox", { name: "Username" }).fill("lamp");
  await page.getByLabel("Password").fill("not the password");
  await examine.click();
  await expect(found).toContainText("It fails");
  await expect(found).toContainText("The broker does not let lamp in.");
  await expect(found).toContainText("capital letters");
  await axe(page);
  const refused = page.getByRole("region", { name: "Refused last" });
  await expect(refused.getByRole("listitem").first()).toContainText("this one");
  await refused.getByRole("button", { name: "Everybody's" }).click();
  await expect(refused.getByRole("listitem").first()).toBeVisible();
  await expect(refused).not.toContainText("this one");

  await page.getByLabel("Password").fill(password);
  await page.getByRole("textbox", { name: "Topic" }).fill("lamp/state");
  await page.getByLabel("Publish a message to it").check();
  await examine.click();
  await expect(found).toContainText("Everything works");
  await expect(found).toContainText("The message comes back.");
  await axe(page);
  await expect(page.getByText("bunkerm doctor --username lamp --topic lamp/state --publish")).toBeVisible();

  await page.getByRole("textbox", { name: "Topic" }).fill("lamp/#");
  await expect(page.getByText("Nobody can publish to a topic with + or #.")).toBeVisible();
});
