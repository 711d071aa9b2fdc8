// Rows in the order in which they were first shown. A list that is sorted by what changes all the time would move under
// the pointer; it is sorted anew when one asks for it.
import { useRef, useState } from "react";

// steady returns rows in the order of the keys before; those that are new stand at the end.
export function steady<T>(before: string[], rows: T[], keyOf: (row: T) => string): T[] {
  const at = new Map(before.map((key, i) => [key, i]));
  const place = (row: T) => at.get(keyOf(row)) ?? Number.POSITIVE_INFINITY;
  return rows
    .map((row, i) => ({ row, i, place: place(row) }))
    .sort((a, b) => (a.place === b.place ? a.i - b.i : a.place - b.place))
    .map((r) => r.row);
}

// useSteady keeps the order of a list as long as it is the same list; moved says that the order is another one by now.
export function useSteady<T>(
  list: string,
  rows: T[],
  keyOf: (row: T) => string,
): { rows: T[]; moved: boolean; anew: () => void } {
  const order = useRef<{ list: string; keys: string[] }>({ list, keys: [] });
  const [, redraw] = useState(0);
  if (order.current.list !== list) order.current = { list, keys: [] };
  const kept = steady(order.current.keys, rows, keyOf);
  order.current.keys = kept.map(keyOf);
  return {
    rows: kept,
    moved: kept.some((row, i) => row !== rows[i]),
    anew: () => {
      order.current = { list, keys: [] };
      redraw((n) => n + 1);
    },
  };
}
