import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ChannelEvent, Hub, type Standing } from "./hub";

// Source stands for the browser's EventSource; the tests say what the server sends.
class Source extends EventTarget {
  static all: Source[] = [];
  onerror: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    super();
    Source.all.push(this);
  }
  close() {
    this.closed = true;
  }
  say(event: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }));
  }
}

const told: { url: string; channels: { name: string; path: string; last_event_id?: string }[] }[] = [];
let status = 204;
let standings: Standing["state"][] = [];

beforeEach(() => {
  vi.useFakeTimers();
  Source.all = [];
  told.length = 0;
  status = 204;
  standings = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    told.push({ url, channels: JSON.parse(init.body as string).channels });
    return new Response(null, { status });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const hub = () => new Hub({ address: (p) => `/${p}`, onStanding: (s) => standings.push(s.state) });
const settle = () => vi.advanceTimersByTimeAsync(25);

test("one stream carries what everybody wants, and each gets their own", async () => {
  const h = hub();
  const got: ChannelEvent[] = [];
  const other: ChannelEvent[] = [];
  h.want("/a", (e) => got.push(e));
  h.want("/b", (e) => other.push(e));
  await settle();
  expect(Source.all).toHaveLength(1);
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  expect(told).toHaveLength(1);
  expect(told[0]?.url).toBe("/api/stream/s1");
  expect(told[0]?.channels.map((c) => c.path)).toEqual(["/a", "/b"]);
  expect(standings).toEqual(["live"]);
  const name = told[0]?.channels[0]?.name;
  Source.all[0]?.say("channel", { channel: name, event: "x", id: "7", data: { n: 1 } });
  const open = { event: "open", id: "", data: {} };
  expect(got).toEqual([open, { event: "x", id: "7", data: { n: 1 } }]);
  expect(other).toEqual([open]);
});

test("what is wanted is told in order, however slow an answer is", async () => {
  const answers: ((r: Response) => void)[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    told.push({ url, channels: JSON.parse(init.body as string).channels });
    return new Promise<Response>((answer) => answers.push(answer));
  });
  const h = hub();
  const enough = h.want("/a", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  enough();
  h.want("/b", () => {});
  await settle();
  h.want("/c", () => {});
  await settle();
  expect(told).toHaveLength(1); // the first is still on its way
  answers[0]?.(new Response(null, { status: 204 }));
  await settle();
  expect(told).toHaveLength(2);
  expect(told[1]?.channels.map((c) => c.path)).toEqual(["/b", "/c"]);
  answers[1]?.(new Response(null, { status: 204 }));
  await settle();
  expect(told).toHaveLength(2);
});

test("a stream that was lost goes on behind the last event, and says that it was away", async () => {
  const h = hub();
  h.want("/a", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  Source.all[0]?.say("channel", { channel: told[0]?.channels[0]?.name, event: "x", id: "41", data: 1 });
  Source.all[0]?.onerror?.();
  expect(standings).toEqual(["live", "lost"]);
  expect(Source.all[0]?.closed).toBe(true);
  await vi.advanceTimersByTimeAsync(400);
  expect(Source.all).toHaveLength(2);
  Source.all[1]?.say("hello", { id: "s2" });
  await settle();
  expect(told[1]?.channels[0]?.last_event_id).toBe("41");
  expect(standings).toEqual(["live", "lost", "live"]);
});

test("what nobody wants any more is ended, and the stream with the last one", async () => {
  const h = hub();
  const enoughA = h.want("/a", () => {});
  const enoughB = h.want("/b", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  enoughA();
  await settle();
  expect(told[1]?.channels.map((c) => c.path)).toEqual(["/b"]);
  enoughB();
  await settle();
  expect(Source.all[0]?.closed).toBe(true);
});

test("a session that ended is not a lost connection", async () => {
  const h = hub();
  h.want("/a", () => {});
  await settle();
  status = 401;
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  expect(standings).toEqual(["ended"]);
  status = 204;
  h.restart();
  await settle();
  Source.all.at(-1)?.say("hello", { id: "s2" });
  await settle();
  expect(standings).toEqual(["ended", "live"]);
});

test("a channel that the server ended is asked for again, unless it was refused", async () => {
  const h = hub();
  h.want("/a", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  const first = told[0]?.channels[0]?.name;
  Source.all[0]?.say("channel", { channel: first, event: "closed", id: "", data: { status: 503 } });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(told).toHaveLength(2);
  expect(told[1]?.channels[0]?.name).not.toBe(first);
  Source.all[0]?.say("channel", {
    channel: told[1]?.channels[0]?.name,
    event: "closed",
    id: "",
    data: { status: 403 },
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(2);
});

test("a connection that is dead without a word is noticed", async () => {
  const h = hub();
  h.want("/a", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await settle();
  for (let i = 0; i < 10; i++) {
    Source.all[0]?.say("channel", { channel: "c1", event: "x", id: "", data: 1 });
    await vi.advanceTimersByTimeAsync(20_000);
  }
  expect(Source.all).toHaveLength(1);
  // Silence alone is no loss: another stream shows whether the server is there.
  await vi.advanceTimersByTimeAsync(20_000);
  expect(Source.all).toHaveLength(2);
  expect(Source.all[0]?.closed).toBe(true);
  Source.all[1]?.say("hello", { id: "s2" });
  await settle();
  expect(standings).toEqual(["live"]);
  // A stream that is taken and never says hello is given up.
  await vi.advanceTimersByTimeAsync(60_000);
  expect(standings).toEqual(["live", "lost"]);
  expect(Source.all.length).toBeGreaterThan(3);
});

test("an answer that never comes is not waited for", async () => {
  vi.stubGlobal(
    "fetch",
    (_: string, init: RequestInit) =>
      new Promise((_answer, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
  );
  const h = hub();
  h.want("/a", () => {});
  await settle();
  Source.all[0]?.say("hello", { id: "s1" });
  await vi.advanceTimersByTimeAsync(15_000);
  expect(standings).toEqual(["lost"]);
});
