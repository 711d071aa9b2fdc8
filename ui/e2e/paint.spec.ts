// How soon the Overview is there. What is measured is printed, in the format of Go's benchmarks; the test itself only holds
// that it comes.
import type { BrowserContext } from "@playwright/test";
import { expect, signIn, test } from "./house";

const rounds = 15;

test.use({ trace: "off", screenshot: "off" }); // recording slows what is measured

// load opens an address in a new tab and returns the first contentful paint and, where there is a tile, when the first one
// was there, in milliseconds of the browser's own clock.
async function load(
  context: BrowserContext,
  address: string,
  cache: boolean,
  tile: boolean,
): Promise<[number, number]> {
  const tab = await context.newPage();
  const session = await context.newCDPSession(tab);
  await session.send("Network.setCacheDisabled", { cacheDisabled: !cache });
  await tab.addInitScript(() => {
    const marks = window as unknown as { figures?: number };
    new MutationObserver(() => {
      if (marks.figures === undefined && document.querySelector(".tile")) marks.figures = performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await tab.goto(address);
  if (tile) await tab.locator(".tile").first().waitFor();
  await tab.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const measured = await tab.evaluate((): [number, number] => [
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    (window as unknown as { figures?: number }).figures ?? Number.NaN,
  ]);
  await tab.close();
  return measured;
}

test("the first paint of the overview", async ({ page, context, house }) => {
  await signIn(page, house);
  const median = (all: number[]) => all.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
  for (const [name, cache] of [
    ["cold", false],
    ["warm", true],
  ] as const) {
    const paints: number[] = [];
    const figures: number[] = [];
    const plain: number[] = [];
    for (let i = 0; i < rounds; i++) {
      plain.push((await load(context, `${house.url}/healthz`, cache, false))[0]);
      const [paint, there] = await load(context, house.url, cache, true);
      paints.push(paint);
      figures.push(there);
    }
    const told = { paint: median(paints), figures: median(figures), plain: median(plain) };
    const values = Object.entries(told).map(([unit, ms]) => `${ms.toFixed(1)} ms/${unit}`);
    process.stdout.write(`\nBenchmarkPaint/${name} ${rounds} ${values.join(" ")}\n`);
    expect(told.paint).toBeGreaterThan(0);
  }
});
