// The changes of sessions as the stream tells them.
import { useState } from "react";
import { useChannel } from "../live/live";
import { after, type Change, type Changes, fits, nothing, without } from "./sessions-changes";

// useChanges follows the sessions that fit a list. Its second value forgets what a list that was
// loaded anew contains.
export function useChanges(q: string, username: string): [Changes, (seen: Changes) => void] {
  const list = JSON.stringify([q, username]);
  const [state, setState] = useState({ list, changes: nothing });
  useChannel("/monitor/stream?events=session", ({ event, data }) => {
    const change = data as Change;
    if (event !== "session" || !fits(change.client, q, username)) return;
    setState((before) => ({ list, changes: after(before.list === list ? before.changes : nothing, change) }));
  });
  const forget = (seen: Changes) => setState((now) => ({ list: now.list, changes: without(now.changes, seen) }));
  return [state.list === list ? state.changes : nothing, forget];
}
