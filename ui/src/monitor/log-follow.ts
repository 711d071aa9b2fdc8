// The live end of the log: lines as they are written, gathered a few times a second so that a busy broker does not
// redraw the page for each.
import { useEffect, useRef, useState } from "react";
import { useChannel } from "../live/live";
import type { LogLine, Row } from "./log-lines";

const pace = 250; // ms between two gatherings
const most = 2000; // lines that are kept; more than that are loaded anew

interface Said {
  lines: LogLine[];
  gap?: string;
}

export interface Following {
  rows: Row[]; // the newest first
  overflow: boolean;
}

// useLogFollow follows one channel of the log; null follows nothing. What came of another channel is forgotten.
export function useLogFollow(path: string | null): Following {
  const [state, setState] = useState({ path, rows: [] as Row[], overflow: false });
  const come = useRef<Row[]>([]);
  const number = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const gather = () => {
    timer.current = undefined;
    const taken = come.current.reverse();
    come.current = [];
    setState((before) => {
      const rows = before.path === path ? [...taken, ...before.rows] : taken;
      return {
        path,
        rows: rows.slice(0, most),
        overflow: (before.path === path && before.overflow) || rows.length > most,
      };
    });
  };
  useChannel(path, ({ event, data }) => {
    if (event !== "lines") return;
    const { lines, gap } = data as Said;
    const key = () => `l${number.current++}`;
    if (gap) come.current.push({ key: key(), gap });
    for (const line of lines) come.current.push({ key: key(), line });
    if (come.current.length > 0) timer.current ??= setTimeout(gather, pace);
  });
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      come.current = [];
    };
  }, [path]);
  const mine = state.path === path;
  return { rows: mine ? state.rows : [], overflow: mine && state.overflow };
}
