// The live tail: events that happened since a list was loaded, gathered a few times a second so that a busy broker does
// not redraw the page for each.
import { useEffect, useRef, useState } from "react";
import { useChannel } from "../live/live";
import { type Asked, merge, streamOf } from "./events";
import type { Event } from "./words";

const pace = 250; // ms between two gatherings
const most = 2000; // events that are kept

export interface Following {
  events: Event[];
  overflow: boolean; // more happened than is kept, or the server has thrown some away: the list is to be loaded anew
  forget: () => void;
}

// useFollow follows asked from behind the event with the id after; null follows nothing.
export function useFollow(asked: Asked | null, after: number | undefined): Following {
  const path = asked && streamOf(asked, after);
  const [state, setState] = useState({ path, events: [] as Event[], overflow: false });
  const come = useRef<Event[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const gap = useRef(false);

  const gather = () => {
    timer.current = undefined;
    const taken = come.current;
    const gone = gap.current;
    come.current = [];
    gap.current = false;
    setState((before) => {
      const events = merge(taken, before.path === path ? before.events : []);
      return { path, events: events.slice(0, most), overflow: before.overflow || gone || events.length > most };
    });
  };
  useChannel(path, ({ event, data }) => {
    if (event === "event") come.current.push(data as Event);
    else if (event === "gap") gap.current = true;
    else return;
    timer.current ??= setTimeout(gather, pace);
  });
  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      come.current = [];
    };
  }, [path]);
  const mine = state.path === path;
  return {
    events: mine ? state.events : [],
    overflow: mine && state.overflow,
    forget: () => setState({ path, events: [], overflow: false }),
  };
}
