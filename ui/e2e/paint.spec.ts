// How soon the Overview is there. What is measured is printed; the test itself only holds that it comes at all soon.
import { expect, signIn, test } from "./house";

const rounds = 15;

test.use({ trace: "off", screenshot: "off" }); // recording slows what is measured

test("the first paint of the overview", async ({ page, context, house }, info) => {
  await signIn(page, house);
  for (const cache of ["nothing in the cache", "everything in the cache"]) {
    const paints: number[] = [];
    const figures: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const tab = await context.newPage();
      const session = await context.newCDPSession(tab);
      await session.send("Network.setCacheDisabled", { cacheDisabled: cache.startsWith("nothing") });
      await tab.addInitScript(() => {
        const marks = window as unknown as { figures?: number };
        new MutationObserver(() => {
          if (marks.figures === undefined && document.querySelector(".tile")) marks.figures = performance.now();
        }).observe(document, { childList: true, subtree: true });
      });
      await tab.goto(house.url);
      await tab.locator(".tile").first().waitFor();
      await tab.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
      const [paint, there] = await tab.evaluate(() => [
        performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
        (window as unknown as { figures: number }).figures,
      ]);
      paints.push(paint ?? Number.NaN);
      figures.push(there ?? Number.NaN);
      await tab.close();
    }
    const median = (all: number[]) => Math.round(all.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN);
    const measured = `${cache}: first contentful paint ${median(paints)} ms, figures ${median(figures)} ms`;
    info.annotations.push({ type: "measured", description: measured });
    process.stdout.write(`${measured}\n`);
    expect(median(paints)).toBeLessThan(5000);
  }
});
