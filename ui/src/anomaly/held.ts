// A list that does not move while somebody reads it: what is in it changes in place, what is new waits.
export interface Held<T> {
  rows: { row: T; gone: boolean }[];
  fresh: number; // how many wait
}

// held returns the rows that were shown, as they are now, in the order in which they stood. What is no longer in the list
// stays as it was last known, and says so. What is new is counted only.
export function held<T extends { id: number }>(shown: T[], now: T[]): Held<T> {
  const by = new Map(now.map((row) => [row.id, row]));
  const rows = shown.map((row) => ({ row: by.get(row.id) ?? row, gone: !by.has(row.id) }));
  const known = new Set(shown.map((row) => row.id));
  return { rows, fresh: now.filter((row) => !known.has(row.id)).length };
}
