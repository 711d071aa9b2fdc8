// What stands along the axes of a chart: where its lines may be, and how they are called.

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const second = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

// apart writes the numbers of an axis, with as many digits as it takes to tell neighbours from each other.
export function apart(values: number[], show: (v: number) => string): string[] {
  const short = values.map(show);
  if (new Set(short).size === short.length) return short;
  const step = Math.abs((values[1] ?? 0) - (values[0] ?? 0));
  const digits = Math.min(12, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return values.map((v, i) => (short[i] ?? "").replace(/^-?[\d.\u202f]+/, v.toFixed(digits)));
}

// ticks names times on the axis (epoch seconds), incr seconds apart: the day where it begins, else the time of day.
export function ticks(times: number[], incr: number): string[] {
  let before = "";
  return times.map((t) => {
    const today = day.format(t * 1000);
    if (incr >= 86400) return today;
    const time = (incr < 60 ? second : minute).format(t * 1000);
    const first = today !== before;
    before = today;
    return first ? `${time}\n${today}` : time;
  });
}

export const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
].concat([1, 2, 3, 7, 14, 28].map((days) => days * 86400));
export const binarySteps = Array.from({ length: 53 }, (_, i) => 2 ** i);
export const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7, 1e8, 1e9];
