// A span of time that a page looks at: the last so many minutes, moving with the clock, or from one moment to another.
export interface Range {
  from: number; // epoch ms
  to: number;
  moving: boolean; // its end is now
}

export const presets = [
  { value: "5m", label: "5 min", seconds: 300 },
  { value: "1h", label: "1 h", seconds: 3600 },
  { value: "6h", label: "6 h", seconds: 6 * 3600 },
  { value: "24h", label: "24 h", seconds: 86400 },
  { value: "7d", label: "7 d", seconds: 7 * 86400 },
  { value: "30d", label: "30 d", seconds: 30 * 86400 },
  { value: "90d", label: "90 d", seconds: 90 * 86400 },
] as const;

export type Preset = (typeof presets)[number]["value"];

const shortest = 10_000; // ms; nothing is known more exactly

// readRange reads what stands in the address: from and to in epoch ms, or range, one of the presets.
export function readRange(search: Record<string, string>, now: number, usual: Preset = "1h"): Range {
  const from = Number(search.from);
  const to = Number(search.to);
  if (Number.isFinite(from) && Number.isFinite(to) && from > 0 && to - from >= shortest && to <= now + 60_000) {
    return { from, to, moving: false };
  }
  const preset = presets.find((p) => p.value === search.range) ?? presets.find((p) => p.value === usual);
  return { from: now - (preset?.seconds ?? 3600) * 1000, to: now, moving: true };
}

// writeRange is what goes into the address.
export function writeRange(from: number, to: number): Record<string, string | undefined> {
  const middle = (from + to) / 2;
  const half = Math.max(shortest, to - from) / 2;
  return { from: String(Math.round(middle - half)), to: String(Math.round(middle + half)), range: undefined };
}
