// The changes of sessions as the stream tells them.
import { useState } from "react";
import { useChannel } from "../live/live";
import { after, type Change, type Changes, fits, nothing } from "./sessions-changes";

// useChanges follows the sessions that fit a list. Its second value forgets what has changed, when the list is loaded
// anew.
export function useChanges(q: string, username: string): [Changes, () => void] {
  const list = JSON.stringify([q, username]);
  const [state, setState] = useState({ list, changes: nothing });
  useChannel("/monitor/stream?events=session", ({ event, data }) => {
    const change = data as Change;
    if (event !== "session" || !fits(change.client, q, username)) return;
    setState((before) => ({ list, changes: after(before.list === list ? before.changes : nothing, change) }));
  });
  return [state.list === list ? state.changes : nothing, () => setState({ list, changes: nothing })];
}
