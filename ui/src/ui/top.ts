// Whether a list is scrolled to its top. Lists that grow at the top grow at once there, and behind a button elsewhere.
import { type UIEvent, useCallback, useRef, useState } from "react";

const tolerance = 4; // pixels

// useTop is for a box around a Table: spread frame over the box.
export function useTop() {
  const box = useRef<HTMLDivElement>(null);
  const [atTop, setAtTop] = useState(true);
  const onScrollCapture = useCallback((e: UIEvent) => setAtTop((e.target as Element).scrollTop <= tolerance), []);
  const toTop = useCallback(() => {
    box.current?.querySelector(".table")?.scrollTo({ top: 0 });
    setAtTop(true);
  }, []);
  return { frame: { ref: box, onScrollCapture }, atTop, toTop };
}
