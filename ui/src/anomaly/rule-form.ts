// A plain rule as a form has it, and as the server takes it.
import type { Schemas } from "../api/client";
import { span } from "../ui/format";

export type Rule = Schemas["AlertRule"];

export interface RuleForm {
  id: number; // 0: a new one
  name: string;
  kind: Rule["kind"];
  about: "topic" | "client";
  topic: string;
  client: string;
  field: string;
  length: string; // in unit
  unit: Unit;
  low: string;
  high: string;
  severity: Rule["severity"];
  enabled: boolean;
}

export const units = { s: 1, min: 60, h: 3600, days: 86400 } as const;
export type Unit = keyof typeof units;

export function newRule(known: Partial<RuleForm> = {}): RuleForm {
  return {
    id: 0,
    name: "",
    kind: "silent",
    about: "topic",
    topic: "",
    client: "",
    field: "",
    length: known.kind === "range" ? "0" : "10",
    unit: "min",
    low: "",
    high: "",
    severity: "high",
    enabled: true,
    ...known,
  };
}

// ofRule fills the form with a rule. The time is told in the largest unit in which it is whole.
export function ofRule(r: Rule): RuleForm {
  const unit = (["days", "h", "min", "s"] as const).find((u) => r.seconds > 0 && r.seconds % units[u] === 0) ?? "s";
  return {
    id: r.id,
    name: r.name,
    kind: r.kind,
    about: r.client ? "client" : "topic",
    topic: r.topic ?? "",
    client: r.client ?? "",
    field: r.field ?? "",
    length: String(r.seconds / units[unit]),
    unit,
    low: r.low === undefined ? "" : String(r.low),
    high: r.high === undefined ? "" : String(r.high),
    severity: r.severity,
    enabled: r.enabled ?? true,
  };
}

export type RuleBody = Omit<Rule, "id" | "created">;

// bodyOf is what the server takes. Only what belongs to the kind goes along.
export function bodyOf(f: RuleForm): RuleBody {
  const range = f.kind === "range";
  return {
    name: f.name.trim() || wordsOf(f),
    kind: f.kind,
    seconds: Math.round(Number(f.length) * units[f.unit]),
    severity: f.severity,
    enabled: f.enabled,
    ...(f.about === "client" && !range ? { client: f.client.trim() } : { topic: f.topic.trim() }),
    ...(range && f.field.trim() && { field: f.field.trim() }),
    ...(range && f.low.trim() && { low: Number(f.low) }),
    ...(range && f.high.trim() && { high: Number(f.high) }),
  };
}

// missing says what is not filled in yet, or makes no sense.
export function missing(f: RuleForm): string | undefined {
  if (f.about === "client" && f.kind === "silent" ? !f.client.trim() : !f.topic.trim()) return "what it is about";
  if (f.length.trim() === "" || !(Number(f.length) >= 0)) return "for how long";
  if (f.kind === "silent") return Number(f.length) * units[f.unit] < 1 ? "for how long" : undefined;
  if (!f.low.trim() && !f.high.trim()) return "a limit";
  if ([f.low, f.high].some((n) => n.trim() && !Number.isFinite(Number(n)))) return "a number as limit";
  if (f.low.trim() && f.high.trim() && Number(f.low) > Number(f.high))
    return "a lower limit that is below the upper one";
  return undefined;
}

// wordsOf says in a few words what a rule demands; it is the name of one that got none.
export function wordsOf(f: RuleForm): string {
  const about = f.about === "client" && f.kind === "silent" ? f.client.trim() : f.topic.trim();
  return `${about} ${demands({ ...f, seconds: Number(f.length) * units[f.unit] })}`.slice(0, 100);
}

interface Demand {
  kind: Rule["kind"];
  seconds: number;
  low?: string | number | undefined;
  high?: string | number | undefined;
}

// demands says when a rule is broken: silent for 10 min, below 5, not between 5 and 80 for 2 min.
export function demands({ kind, seconds, low, high }: Demand): string {
  const long = seconds > 0 ? ` for ${span(seconds)}` : "";
  if (kind === "silent") return `silent${long}`;
  const [a, b] = [low, high].map((n) => (n === undefined || String(n).trim() === "" ? undefined : String(n).trim()));
  if (a === undefined) return `above ${b ?? "?"}${long}`;
  if (b === undefined) return `below ${a}${long}`;
  return `not between ${a} and ${b}${long}`;
}
