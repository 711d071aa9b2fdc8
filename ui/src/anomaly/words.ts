// Alerts in words: how bad, what kind, how far. A kind that this page does not know yet keeps the server's word.
import type { Tone } from "../ui/say";
import type { Alert, Entity } from "./alerts";

export const severities = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof severities)[number];

const tones: Record<Severity, Tone> = { low: "notice", medium: "warning", high: "bad", critical: "bad" };

export function toneOf(severity: Severity): Tone {
  return tones[severity];
}

export const kinds: Record<string, string> = {
  level: "unusual value",
  drift: "drifts away",
  trend: "slowly gone away",
  season: "unusual for the hour",
  record: "a new record",
  shape: "unusual course",
  joint: "do not go together",
  reset: "counter began anew",
  stuck: "stuck at one value",
  missing: "field is missing",
  state: "unusual state",
  dwell: "unusually long in a state",
  silence: "silent",
  burst: "unusually many messages",
  size: "unusual size",
  refused: "refused again and again",
  guessed: "passwords are guessed",
  flapping: "comes and goes",
  shared_id: "two with one client id",
  new_address: "from a new address",
  new_topic: "a new topic",
  wide_subscription: "subscribes to very much",
  rule: "rule broken",
};

const momentary = [
  "level",
  "drift",
  "season",
  "record",
  "shape",
  "joint",
  "reset",
  "state",
  "size",
  "new_address",
  "new_topic",
];

// atOnce tells what happens at a moment, and has no end of its own.
export function atOnce(kind: string): boolean {
  return momentary.includes(kind);
}

export function kindWords(kind: string): string {
  return kinds[kind] ?? kind.replaceAll("_", " ");
}

const states: Record<Alert["status"], { words: string; tone?: Tone }> = {
  open: { words: "open", tone: "warning" },
  acknowledged: { words: "seen", tone: "notice" },
  closed: { words: "over", tone: "good" },
};

export function statusWords(status: Alert["status"]): { words: string; tone?: Tone } {
  return states[status];
}

// progress says how far learning is.
export function progress(e: Pick<Entity, "state" | "samples">, needed = 200): string {
  switch (e.state) {
    case "learning":
      return `learning, ${e.samples} of ${needed} samples`;
    case "ignored":
      return "ignored";
    default:
      return "ready";
  }
}

// fieldWords names a field; a payload that is no document has none.
export function fieldWords(field: string): string {
  return field === "" ? "value" : field;
}

// certainty says how strange a score is: once in 10^score values that come by chance.
export function certainty(score: number): string {
  if (score < 1) return "ordinary";
  const exponent = Math.floor(score);
  if (exponent >= 7) return "less often than once in 10 million values";
  return `about once in ${["10", "100", "1 000", "10 000", "100 000", "1 million"][exponent - 1]} values by chance`;
}
