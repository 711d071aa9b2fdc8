// Lines of the broker's log: what is asked of them, and how those of the list and of the stream become one list.
import type { Schemas } from "../api/client";

export type LogLine = Schemas["LogEntry"];
export type Level = LogLine["level"];
type Asking = Exclude<Level, "unknown">;

export interface LogAsked {
  level?: Asking[];
  q?: string;
  from?: string;
  to?: string;
}

// Row is a line with a key of its own, because the lines of a log have no number: the same words can stand there twice.
// gap is set where lines are missing, in place of a line.
export interface Row {
  key: string;
  line?: LogLine;
  gap?: string;
}

// choices are the levels one chooses between. Debug lines are one for each packet, and are seen when asked for.
export const choices: { value: string; label: string; levels: Asking[] }[] = [
  { value: "problems", label: "Problems", levels: ["error", "warning"] },
  {
    value: "",
    label: "Without debug",
    levels: ["error", "warning", "notice", "information", "subscribe", "unsubscribe"],
  },
  { value: "all", label: "Everything", levels: [] },
];

// askedBy turns what stands in the address into what the server is asked.
export function askedBy(filters: Record<string, string>): LogAsked {
  const choice = choices.find((c) => c.value === (filters.level ?? ""));
  const levels = choice?.levels ?? [];
  return {
    ...(levels.length > 0 && { level: levels }),
    ...(filters.q && { q: filters.q }),
    ...(filters.from && { from: filters.from }),
    ...(filters.to && { to: filters.to }),
  };
}

function queryOf(asked: LogAsked, names: (keyof LogAsked)[]): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = asked[name];
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}

// streamOf is the channel of the lines that come after a position of the log.
export function streamOf(asked: LogAsked, position: string): string {
  const query = queryOf(asked, ["level", "q"]);
  query.set("after", position);
  return `/monitor/log/stream?${query}`;
}

// downloadOf is the address of the same lines as a text.
export function downloadOf(asked: LogAsked): string {
  const query = queryOf(asked, ["level", "q", "from", "to"]);
  query.set("format", "text");
  return `api/monitor/log?${query}`;
}

// rowsOf numbers the lines of the list, which begins with the newest, so that those above keep their keys when more of
// the past is loaded below.
export function rowsOf(lines: LogLine[]): Row[] {
  return lines.map((line, i) => ({ key: `p${i}`, line }));
}
