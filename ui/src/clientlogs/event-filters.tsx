// What the events are narrowed down to. Every filter stands in the address.
import { useState } from "react";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { CheckField, TextField } from "../ui/field";
import { Menu } from "../ui/menu";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { visible } from "../ui/text";
import type { Asked } from "./events";
import { type EventKind, kindNames, kindOf } from "./words";

export type Filters = Record<string, string>;
export type SetFilters = (change: Record<string, string | undefined>, replace?: boolean) => void;

const presets = [
  { value: "", label: "All" },
  { value: "15m", label: "15 min" },
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
];

// askedBy turns what stands in the address into what the server is asked.
export function askedBy(f: Filters): Asked {
  return {
    ...(f.client_id && { client_id: f.client_id }),
    ...(f.username && { username: f.username }),
    ...(f.event && { event: f.event }),
    ...(f.address && { address: f.address }),
    ...(f.from && { from: f.from }),
    ...(f.to && { to: f.to }),
    ...(f.own === "true" && { own: true }),
  };
}

export function EventFilters({ filters, setFilters }: { filters: Filters; setFilters: SetFilters }) {
  const [custom, setCustom] = useState(false);
  const chosen = (filters.event ?? "").split(",").filter(Boolean);
  const flip = (kind: EventKind) => {
    const next = chosen.includes(kind) ? chosen.filter((k) => k !== kind) : [...chosen, kind];
    setFilters({ event: next.join(","), open: "" });
  };
  const { from = "", to = "" } = filters;
  const preset = to === "" && presets.some((p) => p.value === from) ? from : undefined;
  const narrowed = ["client_id", "username", "event", "address", "from", "to", "own"].some((name) => filters[name]);
  const text = (name: string, label: string, further = true) => (
    <Search
      further={further}
      label={label}
      value={filters[name] ?? ""}
      onChange={(value) => setFilters({ [name]: value, open: "" }, true)}
    />
  );
  return (
    <div className="toolbar event-filters">
      {text("username", "Username", false)}
      {text("client_id", "Client id")}
      {text("address", "IP address")}
      <Menu
        button={
          <Button
            icon="down"
            aria-label={`Kinds of events: ${chosen.length === 0 ? "all" : chosen.map((k) => kindOf(k).title).join(", ")}`}
          >
            {chosen.length === 0 ? "All kinds" : chosen.map((kind) => visible(kindOf(kind).title)).join(", ")}
          </Button>
        }
        items={kindNames.map((kind) => ({
          label: (
            <>
              <input type="checkbox" readOnly tabIndex={-1} aria-hidden="true" checked={chosen.includes(kind)} />
              {kindOf(kind).title}
              {chosen.includes(kind) && <span className="visually-hidden">, chosen</span>}
            </>
          ),
          onSelect: () => flip(kind),
        }))}
      />
      <Segments
        label="Time"
        value={preset}
        options={presets}
        onChange={(value) => setFilters({ from: value, to: "", open: "" })}
      />
      <Button onClick={() => setCustom(true)} aria-pressed={preset === undefined}>
        {preset === undefined ? "Other time" : "Other time…"}
      </Button>
      <CheckField
        label="BunkerM's own"
        checked={filters.own === "true"}
        onChange={(e) => setFilters({ own: e.target.checked ? "true" : "" })}
      />
      {narrowed && (
        <Button
          look="plain"
          onClick={() =>
            setFilters({ client_id: "", username: "", event: "", address: "", from: "", to: "", own: "", open: "" })
          }
        >
          Clear filters
        </Button>
      )}
      {custom && <OtherTime from={from} to={to} setFilters={setFilters} onClose={() => setCustom(false)} />}
    </div>
  );
}

interface OtherTimeProps {
  from: string;
  to: string;
  setFilters: SetFilters;
  onClose: () => void;
}

function OtherTime({ from, to, setFilters, onClose }: OtherTimeProps) {
  const [begin, setBegin] = useState(toField(from));
  const [end, setEnd] = useState(toField(to));
  const wrong = begin && end && begin >= end ? "The end is before the beginning." : undefined;
  return (
    <FormDialog
      title="Events of another time"
      about="On your clock. An empty field sets no bound."
      verb="Show events"
      disabled={Boolean(wrong)}
      onSubmit={async () => setFilters({ from: fromField(begin), to: fromField(end), open: "" })}
      onClose={onClose}
    >
      <TextField label="From" type="datetime-local" step={1} value={begin} onChange={(e) => setBegin(e.target.value)} />
      <TextField
        label="To"
        type="datetime-local"
        step={1}
        value={end}
        wrong={wrong}
        onChange={(e) => setEnd(e.target.value)}
      />
    </FormDialog>
  );
}

// toField turns a time into what a field for local times takes; durations and nonsense become empty.
export function toField(time: string): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms) || !time.includes("T")) return "";
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

// fromField is the other way.
export function fromField(text: string): string {
  const ms = Date.parse(text);
  return text === "" || Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}
