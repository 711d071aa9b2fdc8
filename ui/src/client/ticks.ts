// Where an axis of time has its ticks, and what stands there.

export interface Tick {
  time: number;
  label: string;
}

const minute = 60_000;
const steps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 10_080].map((m) => m * minute);
const day = 1440 * minute;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

// ticksOf returns at most the given number of ticks, at round times of the reader's clock.
export function ticksOf(from: number, to: number, most: number): Tick[] {
  const step = steps.find((s) => (to - from) / s <= most) ?? Math.ceil((to - from) / most / day) * day;
  const offset = new Date(to).getTimezoneOffset() * minute;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const ticks: Tick[] = [];
  for (let time = first; time <= to; time += step) {
    ticks.push({ time, label: step >= day ? date.format(time) : clock.format(time) });
  }
  return ticks;
}
