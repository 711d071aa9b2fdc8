// Times: relative or local, with the exact one, UTC included, on hover. All relative times of a page tick together.
import { useSyncExternalStore } from "react";
import { ago, local, moment, utc } from "./format";

let now = Date.now();
const watchers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  if (!ticking) {
    ticking = setInterval(() => {
      now = Date.now();
      for (const w of watchers) w();
    }, 5000);
  }
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

function exact(ms: number): string {
  return `${local(ms)} · ${utc(ms)}`;
}

// Ago shows how long since a time (RFC 3339); a time that is not known is a dash.
export function Ago({ at }: { at: string | null | undefined }) {
  const current = useNow();
  if (!at) return <span className="quiet">–</span>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exact(ms)}>
      {ago(ms, Math.max(current, ms))}
    </time>
  );
}

// Until shows how long it is until a time (RFC 3339), as in "in 12 h"; a time that has passed is told as one.
export function Until({ at }: { at: string }) {
  const current = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exact(ms)}>
      {ago(ms, current)}
    </time>
  );
}

// Moment shows a time (RFC 3339) on the reader's clock.
export function Moment({ at }: { at: string | null | undefined }) {
  if (!at) return <span className="quiet">–</span>;
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exact(ms)} className="number">
      {moment(ms)}
    </time>
  );
}
