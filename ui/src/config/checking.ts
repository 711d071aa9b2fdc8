// A draft is checked while one makes it: a moment after the last key, without asking the broker's own program.
import { useEffect, useState } from "react";
import { asProblem, type Problem } from "../api/problem";
import { bodyOf, type Draft } from "./draft";
import { type Checked, check } from "./state";

const patience = 350; // ms without a change

export interface Checking {
  checked: Checked | undefined; // of the draft as it was a moment ago
  failure: Problem | undefined;
  busy: boolean;
}

const nothing: Checking = { checked: undefined, failure: undefined, busy: false };

// useChecking rests while a review asks anew, and where the files are being changed: what it would say is of files that
// come and go.
export function useChecking(draft: Draft | undefined, resting: boolean): Checking {
  const [state, setState] = useState(nothing);
  useEffect(() => {
    if (!draft) {
      setState(nothing);
      return;
    }
    if (resting) return;
    const ended = new AbortController();
    setState((before) => ({ ...before, busy: true }));
    const timer = setTimeout(async () => {
      try {
        const checked = await check(bodyOf(draft), false, ended.signal);
        if (!ended.signal.aborted) setState({ checked, failure: undefined, busy: false });
      } catch (thrown) {
        if (!ended.signal.aborted) setState({ checked: undefined, failure: asProblem(thrown), busy: false });
      }
    }, patience);
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [draft, resting]);
  return state;
}
