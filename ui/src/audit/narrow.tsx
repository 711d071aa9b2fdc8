// The filters of the audit. All of them stand in the address.
import type { ReactNode } from "react";
import { Button } from "../ui/button";
import { Search } from "../ui/search";
import { PatientInput } from "./patient-input";
import { addressTime, type Entry, fieldTime, ways } from "./words";

export const filterNames = ["q", "actor", "action", "object", "via", "outcome", "from", "to"] as const;

export type Narrow = Partial<Record<(typeof filterNames)[number], string>>;

interface NarrowProps {
  value: Narrow;
  onChange: (change: Narrow, replace?: boolean) => void;
}

const recent: [string, string][] = [
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
];

export function NarrowDown({ value, onChange }: NarrowProps) {
  const known = recent.some(([from]) => from === value.from);
  const between = Boolean(value.to) || (Boolean(value.from) && !known);
  const narrowed = filterNames.some((name) => value[name]);
  const text = (name: "actor" | "action" | "object", label: string) => (
    <PatientInput label={label} value={value[name] ?? ""} onChange={(text) => onChange({ [name]: text }, true)} />
  );
  const since = (choice: string) => {
    if (choice !== "between") return onChange({ from: choice, to: "" });
    onChange({ from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString() });
  };
  return (
    <div className="narrowing" role="group" aria-label="Filters">
      <Search value={value.q ?? ""} onChange={(q) => onChange({ q }, true)} label="Search the audit" />
      {text("actor", "Who")}
      {text("action", "Action, as client.*")}
      {text("object", "What, as client/*")}
      <Choice label="Way" value={value.via} onChange={(via) => onChange({ via })}>
        <option value="">Any way</option>
        {(Object.keys(ways) as Entry["via"][]).map((via) => (
          <option key={via} value={via}>
            {ways[via]}
          </option>
        ))}
      </Choice>
      <Choice label="Outcome" value={value.outcome} onChange={(outcome) => onChange({ outcome })}>
        <option value="">Any outcome</option>
        <option value="done">done</option>
        <option value="refused">refused</option>
      </Choice>
      <Choice label="Time" value={between ? "between" : value.from} onChange={since}>
        <option value="">Any time</option>
        {recent.map(([from, label]) => (
          <option key={from} value={from}>
            {label}
          </option>
        ))}
        <option value="between">Between…</option>
      </Choice>
      {between &&
        (["from", "to"] as const).map((end) => (
          <input
            key={end}
            type="datetime-local"
            className="input"
            aria-label={end === "from" ? "From" : "Until"}
            value={fieldTime(value[end] ?? "")}
            onChange={(e) => onChange({ [end]: addressTime(e.target.value) })}
          />
        ))}
      {narrowed && (
        <Button onClick={() => onChange(Object.fromEntries(filterNames.map((name) => [name, ""])))}>Clear</Button>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Choice({ label, value, onChange, children }: ChoiceProps) {
  return (
    <select className="input" aria-label={label} value={value ?? ""} onChange={(e) => onChange(e.target.value)}>
      {children}
    </select>
  );
}
