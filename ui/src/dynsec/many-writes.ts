// One write for each of many things: one after the other, counted, with what failed and why. What was done stays done.
import { useRef, useState } from "react";
import { asProblem } from "../api/problem";

export interface Failure {
  name: string;
  reason: string;
}

export interface Progress {
  done: string[];
  failed: Failure[];
  of: number;
  state: "idle" | "running" | "over";
}

const atRest: Progress = { done: [], failed: [], of: 0, state: "idle" };

// useManyWrites runs write for each name. stop ends it behind the write that is under way.
export function useManyWrites() {
  const [progress, setProgress] = useState<Progress>(atRest);
  const stopped = useRef(false);
  const run = async (names: string[], write: (name: string) => Promise<unknown>): Promise<Progress> => {
    stopped.current = false;
    let now: Progress = { ...atRest, of: names.length, state: "running" };
    setProgress(now);
    for (const name of names) {
      if (stopped.current) break;
      try {
        await write(name);
        now = { ...now, done: [...now.done, name] };
      } catch (thrown) {
        const { body } = asProblem(thrown);
        now = { ...now, failed: [...now.failed, { name, reason: body.detail }] };
        if (body.status === 0 || body.status === 401 || body.status === 503) stopped.current = true; // none will succeed
      }
      setProgress(now);
    }
    now = { ...now, state: "over" };
    setProgress(now);
    return now;
  };
  const stop = () => {
    stopped.current = true;
  };
  return { progress, run, stop };
}
