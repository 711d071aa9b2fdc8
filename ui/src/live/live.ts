// The tab's side of the stream: useChannel hands a component the events of one of the server's streams, and
// useStanding says whether they are coming.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { address } from "../api/client";
import { type ChannelEvent, Hub, type Standing } from "./hub";
import { aliveEvery, type ToTab, type ToWorker } from "./protocol";

type Taker = (event: ChannelEvent) => void;

interface Line {
  want(path: string, taker: Taker): () => void;
  restart(): void;
}

let standing: Standing = { state: "connecting", since: Date.now() };
const watchers = new Set<() => void>();

function stand(now: Standing): void {
  standing = now;
  for (const watcher of watchers) watcher();
}

// sharedLine speaks with the worker that all tabs of this browser share.
function sharedLine(): Line {
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "bunkerm" });
  const takers = new Map<string, Set<Taker>>();
  const say = (message: ToWorker) => worker.port.postMessage(message);
  worker.port.onmessage = (m: MessageEvent<ToTab>) => {
    if (m.data.say === "standing") stand(m.data.standing);
    else for (const taker of takers.get(m.data.path) ?? []) taker(m.data.event);
  };
  setInterval(() => say({ say: "alive" }), aliveEvery);
  addEventListener("pagehide", () => say({ say: "bye" }));
  // A page that comes back from the browser's cache has said goodbye: it starts anew.
  addEventListener("pageshow", (e) => {
    if (e.persisted) location.reload();
  });
  return {
    want(path, taker) {
      let all = takers.get(path);
      if (!all) {
        all = new Set();
        takers.set(path, all);
        say({ say: "want", path });
      }
      all.add(taker);
      const wanted = all;
      return () => {
        wanted.delete(taker);
        if (wanted.size === 0 && takers.get(path) === wanted) {
          takers.delete(path);
          say({ say: "enough", path });
        }
      };
    },
    restart: () => say({ say: "restart" }),
  };
}

let line: Line | undefined;

function theLine(): Line {
  if (!line) {
    line =
      typeof SharedWorker === "undefined" ? new Hub({ address: (p) => address(p), onStanding: stand }) : sharedLine();
  }
  return line;
}

// reconnect is called after somebody signed in: what was refused before is asked for again.
export function reconnect(): void {
  line?.restart();
}

// useChannel calls taker with every event of path, one of the server's event streams, as in
// "/monitor/stream?events=stats". Null wants nothing. taker may change without the stream being opened again.
export function useChannel(path: string | null, taker: Taker): void {
  const latest = useRef(taker);
  latest.current = taker;
  useEffect(() => {
    if (path === null) return;
    return theLine().want(path, (event) => latest.current(event));
  }, [path]);
}

export function useStanding(): Standing {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => standing,
  );
}

// useHealed calls back when the stream comes again after it was lost, because nobody knows what happened meanwhile.
export function useHealed(back: () => void): void {
  const { state } = useStanding();
  const lost = useRef(false);
  const latest = useRef(back);
  latest.current = back;
  useEffect(() => {
    if (state === "lost") lost.current = true;
    if (state !== "live" || !lost.current) return;
    lost.current = false;
    latest.current();
  }, [state]);
}
