// What comes in many small events, gathered a few times a second: a busy topic must not redraw the page for each message.
import { useCallback, useEffect, useRef } from "react";

const pace = 250; // ms between two gatherings

// useGather returns a function that takes one thing; taker gets all that came since the last time, the oldest first. At
// most so many are kept, the newest. Another of is another source: what came from the one before is forgotten.
export function useGather<T>(of: unknown, taker: (come: T[]) => void, most: number): (one: T) => void {
  const come = useRef<T[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(taker);
  latest.current = taker;
  useEffect(() => {
    void of;
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      come.current = [];
    };
  }, [of]);
  return useCallback(
    (one: T) => {
      come.current.push(one);
      if (come.current.length > most) come.current.shift();
      timer.current ??= setTimeout(() => {
        const taken = come.current;
        timer.current = undefined;
        come.current = [];
        latest.current(taken);
      }, pace);
    },
    [most],
  );
}
