// One event stream for a whole browser. The hub opens /api/stream, tells the server which channels are wanted, and
// hands each event to whoever wants its channel. It runs in a shared worker where there is one, else in the tab.
export interface ChannelEvent {
  event: string;
  id: string;
  data: unknown;
}

export type Standing = { state: "connecting" | "live" | "lost" | "ended"; since: number };

export interface HubOptions {
  address: (path: string) => string;
  onStanding: (standing: Standing) => void;
}

interface Channel {
  name: string;
  path: string;
  lastID: string;
  takers: Set<(event: ChannelEvent) => void>;
  stream: string; // on which it is open
}

const slowest = 10_000; // ms between tries
const silence = 30_000; // ms without an event, after which the stream is opened anew
const patience = 10_000; // ms for an answer
const settle = 20; // ms in which several changes of what is wanted become one request

export class Hub {
  private channels = new Map<string, Channel>();
  private source: EventSource | undefined;
  private stream = "";
  private next = 1;
  private pause = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined; // of the request that is on its way
  private again = false; // what is wanted has changed meanwhile
  private heard = 0; // when anything came
  private watch: ReturnType<typeof setInterval> | undefined;
  private standing: Standing = { state: "connecting", since: Date.now() };

  constructor(private readonly o: HubOptions) {}

  now(): Standing {
    return this.standing;
  }

  // want adds a taker of one of the server's event streams, and returns how to take it away again.
  want(path: string, taker: (event: ChannelEvent) => void): () => void {
    let channel = this.channels.get(path);
    if (!channel) {
      channel = { name: `c${this.next++}`, path, lastID: "", takers: new Set(), stream: "" };
      this.channels.set(path, channel);
      this.changed();
    }
    channel.takers.add(taker);
    const wanted = channel;
    return () => {
      wanted.takers.delete(taker);
      if (wanted.takers.size === 0 && this.channels.get(path) === wanted) {
        this.channels.delete(path);
        this.changed();
      }
    };
  }

  // restart forgets a stream that ended because nobody was signed in.
  restart(): void {
    this.pause = 0;
    this.close();
    this.changed();
  }

  private changed(): void {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      if (this.channels.size === 0) this.close();
      else if (!this.source) this.open();
      else if (this.stream) void this.tell();
    }, settle);
  }

  private open(): void {
    clearTimeout(this.retry);
    const source = new EventSource(this.o.address("api/stream"));
    this.source = source;
    this.heard = Date.now();
    clearInterval(this.watch);
    this.watch = setInterval(() => this.look(), patience / 2);
    source.addEventListener("hello", (e) => {
      this.heard = Date.now();
      this.stream = (JSON.parse((e as MessageEvent<string>).data) as { id: string }).id;
      this.pause = 0;
      void this.tell();
    });
    source.addEventListener("channel", (e) => this.take((e as MessageEvent<string>).data));
    source.addEventListener("ended", () => this.lose("ended"));
    source.onerror = () => this.lose("lost");
  }

  // look finds a connection that is dead without a word, as after a sleep or where a network has gone: the browser would
  // wait for its events for ever. What keeps an idle one alive are comments, which it does not show us.
  private look(): void {
    const quiet = Date.now() - this.heard;
    if (!this.stream && quiet > patience) this.lose("lost");
    else if (this.stream && quiet > silence) {
      this.close();
      this.open();
    }
  }

  private take(text: string): void {
    this.heard = Date.now();
    const { channel, event, id, data } = JSON.parse(text) as ChannelEvent & { channel: string };
    for (const c of this.channels.values()) {
      if (c.name !== channel) continue;
      if (id) c.lastID = id;
      for (const taker of c.takers) taker({ event, id, data });
      if (event === "closed") this.reopen(c, (data as { status?: number }).status ?? 200);
    }
  }

  // reopen asks for a channel again that the server has ended, under another name, which makes it a new one. What was
  // refused for good is not asked for by itself.
  private reopen(c: Channel, status: number): void {
    c.name = `c${this.next++}`;
    c.stream = "";
    if (status >= 400 && status < 500 && status !== 429) return;
    setTimeout(() => this.changed(), slowest / 2);
  }

  // tell says which channels are wanted, one request after the other: of two on their way at once the older one could be
  // the last to arrive, and what it does not know would stay silent.
  private async tell(): Promise<void> {
    if (this.asking) {
      this.again = true;
      return;
    }
    do {
      this.again = false;
      this.asking = new AbortController();
      await this.ask(this.stream, this.asking.signal);
      this.asking = undefined;
    } while (this.again && this.stream);
  }

  // ask tells once. What fails is tried again with a new stream.
  private async ask(stream: string, signal: AbortSignal): Promise<void> {
    const wanted = [...this.channels.values()];
    const channels = wanted.map((c) => ({
      name: c.name,
      path: c.path,
      ...(c.lastID ? { last_event_id: c.lastID } : {}),
    }));
    const late = setTimeout(() => this.asking?.abort(), patience);
    try {
      const answer = await fetch(this.o.address(`api/stream/${stream}`), {
        method: "PUT",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ channels }),
        signal,
      });
      if (stream !== this.stream) return;
      if (answer.status === 401) this.lose("ended");
      else if (!answer.ok) this.lose("lost");
      else {
        this.stand("live");
        for (const c of wanted) this.opened(c, stream);
      }
    } catch {
      if (stream === this.stream) this.lose("lost");
    } finally {
      clearTimeout(late);
    }
  }

  // opened tells the takers of a channel that its events come from now on: what happened between what they have loaded and
  // now they have not heard.
  private opened(c: Channel, stream: string): void {
    if (c.stream === stream) return;
    c.stream = stream;
    for (const taker of c.takers) taker({ event: "open", id: "", data: {} });
  }

  private lose(state: "lost" | "ended"): void {
    this.close();
    // The browser does not tell why a stream could not be opened: who was signed out still is.
    if (this.standing.state !== "ended") this.stand(state);
    if (this.channels.size === 0) return;
    this.pause = Math.min(slowest, this.pause === 0 ? 250 : this.pause * 2);
    this.retry = setTimeout(() => this.open(), this.pause * (0.75 + Math.random() / 2));
  }

  private close(): void {
    clearTimeout(this.retry);
    clearInterval(this.watch);
    this.asking?.abort();
    this.source?.close();
    this.source = undefined;
    this.stream = "";
  }

  private stand(state: Standing["state"]): void {
    if (this.standing.state === state) return;
    this.standing = { state, since: Date.now() };
    this.o.onStanding(this.standing);
  }
}
