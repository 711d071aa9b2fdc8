// The settings as a form has them: everything is text until it is saved.
import type { Fields, Settings } from "./settings";

export interface SettingsForm {
  sensitivity: Settings["sensitivity"];
  series_budget: string;
  fleet_budget: string;
  digest_hour: string;
  time_zone: string;
  memory_mib: string;
  ignored_topics: string; // a filter a line
  deep_topics: string;
}

export const sensitivities: { value: Settings["sensitivity"]; label: string; words: string }[] = [
  { value: "low", label: "Calm", words: "Alarms ten times less often: only what is plainly out of the ordinary." },
  { value: "normal", label: "Usual", words: "As many false alarms as the budgets below accept." },
  { value: "high", label: "Touchy", words: "Alarms five times more often: small things too, and more of them false." },
];

export function formOf(s: Settings): SettingsForm {
  return {
    sensitivity: s.sensitivity,
    series_budget: String(s.series_budget),
    fleet_budget: String(s.fleet_budget),
    digest_hour: String(s.digest_hour),
    time_zone: s.time_zone,
    memory_mib: String(s.memory_mib),
    ignored_topics: s.ignored_topics.join("\n"),
    deep_topics: s.deep_topics.join("\n"),
  };
}

// linesOf are the filters of a field that takes one a line.
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

// changesOf is what is to be saved: only what differs, so that what somebody else has changed meanwhile stays.
export function changesOf(f: SettingsForm, s: Settings): Fields {
  const before = formOf(s);
  const differs = (key: keyof SettingsForm) => f[key].trim() !== before[key];
  return {
    ...(differs("sensitivity") && { sensitivity: f.sensitivity }),
    ...(differs("series_budget") && { series_budget: Number(f.series_budget) }),
    ...(differs("fleet_budget") && { fleet_budget: Number(f.fleet_budget) }),
    ...(differs("digest_hour") && { digest_hour: Number(f.digest_hour) }),
    ...(differs("time_zone") && { time_zone: f.time_zone.trim() }),
    ...(differs("memory_mib") && { memory_mib: Number(f.memory_mib) }),
    ...(differs("ignored_topics") && { ignored_topics: linesOf(f.ignored_topics) }),
    ...(differs("deep_topics") && { deep_topics: linesOf(f.deep_topics) }),
  };
}
