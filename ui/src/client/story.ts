// A client's story for the picture: its sessions as spans of time in lanes, one for each client id, and marks for what
// went wrong. It is told from events and from the sessions that are open now.
import { type Event, leftWhy } from "../clientlogs/words";

export interface Span {
  id: string; // among all spans of a story
  clientid: string;
  from: number; // epoch ms
  to: number;
  cut: boolean; // it began before the time that is shown, or nobody saw it begin
  open: boolean; // it goes on
  end: "polite" | "bad" | "other" | "open";
  why: string; // in words
  address: string;
}

export type MarkKind = "refused" | "denied" | "lost" | "kicked" | "dropped";

export interface Mark {
  kind: MarkKind;
  time: number;
  clientid: string;
  event: Event;
}

export interface Lane {
  clientid: string;
  spans: Span[];
  marks: Mark[];
}

export interface OpenSession {
  clientid: string;
  since: number;
  address: string;
}

export interface Story {
  lanes: Lane[]; // the last used first
  more: number; // client ids that found no lane
  strangers: Mark[]; // about whom the broker did not say which client id it was
  blind: { from: number; to: number }[]; // times of which not everything is known
}

const mostLanes = 8;

const ends: Record<string, Span["end"]> = {
  client_disconnected: "polite",
  kicked: "other",
  broker_stopped: "other",
  unknown: "other",
};

function markOf(e: Event): MarkKind | undefined {
  if (e.event === "auth_failure") return "refused";
  if (e.event === "denied") return "denied";
  if (e.event === "dropped") return "dropped";
  if (e.event === "takeover") return "kicked";
  if (e.event !== "disconnect" || e.reason === "client_disconnected" || e.reason === "broker_stopped") return undefined;
  if (e.reason === "unknown") return undefined;
  return e.reason === "kicked" ? "kicked" : "lost";
}

// storyOf tells what happened between from and to.
export function storyOf(events: Event[], open: OpenSession[], from: number, to: number): Story {
  const lanes = new Map<string, Lane & { last: number; now: Span | undefined }>();
  const laneOf = (clientid: string, time: number) => {
    let lane = lanes.get(clientid);
    if (!lane) {
      lane = { clientid, spans: [], marks: [], last: time, now: undefined };
      lanes.set(clientid, lane);
    }
    lane.last = Math.max(lane.last, time);
    return lane;
  };
  const story: Story = { lanes: [], more: 0, strangers: [], blind: [] };

  for (const e of [...events].sort((a, b) => a.id - b.id)) {
    const time = Date.parse(e.time);
    if (e.event === "recording") {
      if (e.reason === "lines_missing" || e.reason === "not_recorded") {
        story.blind.push({ from: time, to: e.until ? Date.parse(e.until) : time });
      }
      continue;
    }
    const kind = markOf(e);
    const clientid = e.client_id ?? "";
    if (clientid === "") {
      if (kind) story.strangers.push({ kind, time, clientid, event: e });
      continue;
    }
    const lane = laneOf(clientid, time);
    if (kind) lane.marks.push({ kind, time, clientid, event: e });
    if (e.event === "connect") {
      if (lane.now) close(lane.now, time, "other", "nobody saw it end");
      lane.now = spanFrom(String(e.id), clientid, time, false, e.address ?? "");
      lane.spans.push(lane.now);
    } else if (e.event === "disconnect" || e.event === "takeover") {
      // What ends without having begun here began earlier, unless something of this id was seen to end before.
      if (!lane.now) {
        lane.now = spanFrom(String(e.id), clientid, lane.spans.at(-1)?.to ?? from, true, e.address ?? "");
        lane.spans.push(lane.now);
      }
      if (e.event === "takeover") close(lane.now, time, "other", "taken over by another connection");
      else close(lane.now, time, ends[e.reason ?? "unknown"] ?? "bad", leftWhy(e.reason));
      lane.now = undefined;
    }
  }

  for (const s of open) {
    const lane = laneOf(s.clientid, to);
    if (lane.now) close(lane.now, to, "open", "connected");
    else {
      const span = spanFrom(
        `open ${s.clientid} ${s.since}`,
        s.clientid,
        Math.max(s.since, from),
        s.since < from,
        s.address,
      );
      close(span, to, "open", "connected");
      lane.spans.push(span);
    }
    lane.now = undefined;
  }
  const here = new Set(open.map((s) => s.clientid));
  for (const lane of lanes.values()) {
    // It is not here any more, and nobody saw it go.
    if (lane.now && !here.has(lane.clientid)) close(lane.now, lane.now.from, "other", "nobody saw it end");
  }
  const all = [...lanes.values()].sort((a, b) => b.last - a.last || a.clientid.localeCompare(b.clientid));
  story.lanes = all.slice(0, mostLanes).map(({ clientid, spans, marks }) => ({ clientid, spans, marks }));
  story.more = Math.max(0, all.length - mostLanes);
  return story;
}

function spanFrom(id: string, clientid: string, from: number, cut: boolean, address: string): Span {
  return { id, clientid, from, to: from, cut, open: false, end: "other", why: "", address };
}

function close(span: Span, to: number, end: Span["end"], why: string): void {
  span.to = Math.max(span.from, to);
  span.end = end;
  span.open = end === "open";
  span.why = why;
}

// Strange is what stands out in a client's events.
export interface Strange {
  connects: number; // within the last hour
  refused: number;
  strangers: number; // refused at its addresses, without a word who it was
  denied: number;
  lost: number;
  addresses: string[];
}

const hour = 3_600_000;

// strangeIn counts what stands out between from and to.
export function strangeIn(events: Event[], to: number): Strange {
  const found: Strange = { connects: 0, refused: 0, strangers: 0, denied: 0, lost: 0, addresses: [] };
  const addresses = new Set<string>();
  for (const e of events) {
    if (e.event === "connect") {
      if (Date.parse(e.time) >= to - hour) found.connects += e.count;
      if (e.address) addresses.add(e.address);
    }
    const kind = markOf(e);
    if (kind === "refused" && !e.client_id && e.username === undefined) found.strangers += e.count;
    else if (kind === "refused" || kind === "denied" || kind === "lost") found[kind] += e.count;
  }
  found.addresses = [...addresses];
  return found;
}
