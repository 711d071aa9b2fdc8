// What the alerts are narrowed down to. Every filter stands in the address.
import { Button } from "../ui/button";
import { SelectField } from "../ui/field";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import type { Alert, Asked } from "./alerts";
import { kinds, type Severity, severities } from "./words";

type Filters = Record<string, string>;
type SetFilters = (change: Record<string, string | undefined>, replace?: boolean) => void;

const statuses = [
  { value: "", label: "All" },
  { value: "open", label: "Open" },
  { value: "acknowledged", label: "Seen" },
  { value: "closed", label: "Over" },
];

const times = [
  { value: "", label: "Any time" },
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "30d", label: "30 d" },
];

// askedBy turns what stands in the address into what the server is asked. What is nonsense there is left out.
export function askedBy(f: Filters): Asked {
  const status = statuses.find((s) => s.value === f.status)?.value as Alert["status"] | "" | undefined;
  const severity = severities.find((s) => s === f.severity);
  const from = times.find((t) => t.value === f.from)?.value;
  return {
    ...(status && { status: [status] }),
    ...(severity && { severity }),
    ...(f.kind && { kind: f.kind }),
    ...(f.entity && { entity: f.entity }),
    ...(from && { from }),
  };
}

export function AlertFilters({ filters, setFilters }: { filters: Filters; setFilters: SetFilters }) {
  const narrowed = Object.keys(askedBy(filters)).length > 0;
  return (
    <div className="toolbar alert-filters">
      <Search
        label="Topic or client id"
        value={filters.entity ?? ""}
        onChange={(entity) => setFilters({ entity }, true)}
      />
      <Segments
        label="State"
        value={filters.status ?? ""}
        options={statuses}
        onChange={(status) => setFilters({ status })}
      />
      <SelectField
        label={<span className="visually-hidden">Severity</span>}
        value={filters.severity ?? ""}
        onChange={(e) => setFilters({ severity: e.target.value })}
      >
        <option value="">Any severity</option>
        {severities.slice(1).map((s: Severity) => (
          <option key={s} value={s}>
            {s === "critical" ? s : `${s} and above`}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={<span className="visually-hidden">Kind</span>}
        value={filters.kind ?? ""}
        onChange={(e) => setFilters({ kind: e.target.value })}
      >
        <option value="">All kinds</option>
        {Object.entries(kinds).map(([kind, words]) => (
          <option key={kind} value={kind}>
            {words}
          </option>
        ))}
      </SelectField>
      <Segments label="Time" value={filters.from ?? ""} options={times} onChange={(from) => setFilters({ from })} />
      {narrowed && (
        <Button look="plain" onClick={() => setFilters({ status: "", severity: "", kind: "", entity: "", from: "" })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
