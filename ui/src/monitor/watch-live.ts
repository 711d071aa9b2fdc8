// The messages of some filters as they come: the newest so many, and what was not seen of them.
import { useEffect, useState } from "react";
import { useChannel } from "../live/live";
import { useGather } from "./gather";
import type { Message } from "./topic-live";
import { noteOf, observedWords } from "./watch-notes";

const kept = 500;

export interface Watched extends Message {
  n: number; // counts up, as a key
}

export interface Watching {
  messages: Watched[]; // the newest first
  behind: number; // messages that came while one paused
  note: string; // what was not seen, and why
  clear: () => void;
}

// pathOf is the channel of some filters.
function pathOf(filters: string[]): string | null {
  return filters.length === 0 ? null : `/monitor/watch?${new URLSearchParams(filters.map((f) => ["filter", f]))}`;
}

// useWatch follows filters. While one pauses, what comes is kept back and stands there when one goes on.
export function useWatch(filters: string[], paused: boolean): Watching {
  const path = pathOf(filters);
  const [all, setAll] = useState<Watched[]>([]);
  const [shown, setShown] = useState(0); // the number of the newest message that is shown
  const [partly, setPartly] = useState("");
  const [note, setNote] = useState("");
  const newest = all[0]?.n ?? 0;
  useEffect(() => {
    if (!paused) setShown(newest);
  }, [paused, newest]);
  useEffect(() => {
    if (path === null) setAll([]);
    setNote("");
    setPartly("");
  }, [path]);

  const gather = useGather<Message>(
    path,
    (come) =>
      setAll((before) => {
        const first = (before[0]?.n ?? 0) + 1;
        return [...come.map((m, i) => ({ ...m, n: first + i })).reverse(), ...before].slice(0, kept);
      }),
    kept,
  );
  useChannel(path, ({ event, data }) => {
    if (event === "message") gather(data as Message);
    else if (event === "watching") setPartly(observedWords(data as { observed: boolean }));
    else setNote((before) => noteOf(event, data) ?? before);
  });
  const messages = paused ? all.filter((m) => m.n <= shown) : all;
  return {
    messages,
    behind: all.length - messages.length,
    note: [partly, note].filter(Boolean).join(" "),
    clear: () => setAll([]),
  };
}
