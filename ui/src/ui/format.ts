// Numbers, sizes and times as people read them.

const thin = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// count groups thousands by a thin space, as in 12 345.
export function count(n: number): string {
  return thin.format(n).replaceAll(",", "\u202f");
}

// amount shows three digits at most behind which nobody looks: 0.04, 3.2, 47, 12 345.
export function amount(n: number): string {
  const size = Math.abs(n);
  if (size >= 100 || Number.isInteger(n)) return count(Math.round(n));
  if (size >= 10) return n.toFixed(1);
  if (size >= 0.01 || n === 0) return n.toFixed(2).replace(/\.?0+$/, "");
  return n.toPrecision(2);
}

// figure keeps four digits that matter, for measured values: 0.001234, 12.05, 1013.
export function figure(n: number): string {
  return Math.abs(n) >= 1000 ? count(n) : String(Number(n.toPrecision(4)));
}

export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let size = n;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? count(size) : amount(Number(size.toPrecision(3)))} ${units[unit]}`;
}

// span says how long: 45 s, 12 min, 3 h 20 min, 12 days.
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 90) return `${minutes} min`;
  if (s < 48 * 3600) {
    const hours = Math.floor(s / 3600);
    const rest = Math.floor((s % 3600) / 60);
    return rest === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${rest} min`;
  }
  return `${count(Math.floor(s / 86400))} days`;
}

// ago says how long since: just now, 12 s ago, 3 days ago.
export function ago(ms: number, now: number = Date.now()): string {
  const seconds = (now - ms) / 1000;
  if (seconds < -2) return `in ${span(-seconds)}`;
  if (seconds < 2) return "just now";
  return `${span(seconds)} ago`;
}

// many is "1 client", "214 clients".
export function many(n: number, one: string, more = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : more}`;
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

export function local(ms: number): string {
  return clock.format(ms);
}

// moment is short for today and long for other days.
export function moment(ms: number, now: number = Date.now()): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? short.format(ms) : clock.format(ms);
}

export function utc(ms: number): string {
  return `${new Date(ms).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}
