// Whether a list may take in what is new: not while the pointer is on it, or one has scrolled down.
import { useEffect, useRef, useState } from "react";
import { type Held, held } from "./held";

// useHeld holds rows still while somebody reads them. list names what was asked for: another list begins anew. Spread
// frame over the element around the list.
export function useHeld<T extends { id: number }>(list: string, now: T[]) {
  const [reading, setReading] = useState(false);
  const shown = useRef<{ list: string; rows: T[] }>({ list, rows: now });
  const [, redraw] = useState(0);
  const scrolled = useScrolled();
  const open = !reading && !scrolled;
  const more = shown.current.rows.every((row, i) => row.id === now[i]?.id); // the same, and further ones behind
  if (shown.current.list !== list || open || more || shown.current.rows.length === 0) {
    shown.current = { list, rows: now };
  }
  const view: Held<T> = held(shown.current.rows, now);
  shown.current.rows = view.rows.map((r) => r.row);
  return {
    ...view,
    takeIn: () => {
      shown.current = { list, rows: now };
      redraw((n) => n + 1);
    },
    frame: {
      onPointerEnter: () => setReading(true),
      onPointerLeave: () => setReading(false),
    },
  };
}

function useScrolled(): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    const look = () => setScrolled(scrollY > 40);
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, []);
  return scrolled;
}
