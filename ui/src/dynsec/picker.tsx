// Pickers of roles and groups. They ask the server while one types, so thousands are no trouble.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { api, take } from "../api/client";
import { Button } from "../ui/button";
import { count } from "../ui/format";
import { Text, visible } from "../ui/text";
import type { GroupRef, RoleRef } from "./objects";

export const usualPriority = -1; // what the broker gives when none is named

const offered = 30; // names at once; one types to see others

interface Found {
  names: string[];
  total: number;
}

type Kind = "roles" | "groups" | "clients";

async function find(kind: Kind, q: string, signal: AbortSignal): Promise<Found> {
  const params = { query: { q, limit: offered } };
  switch (kind) {
    case "roles": {
      const { roles, total } = await take(api.GET("/dynsec/roles", { params, signal }));
      return { names: roles.filter((r) => !r.own).map((r) => r.rolename), total };
    }
    case "groups": {
      const { groups, total } = await take(api.GET("/dynsec/groups", { params, signal }));
      return { names: groups.map((g) => g.groupname), total };
    }
    case "clients": {
      const { clients, total } = await take(api.GET("/dynsec/clients", { params, signal }));
      return { names: clients.filter((c) => !c.own).map((c) => c.username), total };
    }
  }
}

interface FinderProps {
  kind: Kind;
  label: ReactNode;
  help?: ReactNode;
  without: string[]; // what is chosen already and not offered again
  onPick: (name: string) => void;
  placeholder?: string;
}

// Finder is a field under which what is called like that is offered.
export function Finder({ kind, label, help, without, onPick, placeholder }: FinderProps) {
  const id = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const q = useLate(text);
  const found = useQuery({
    queryKey: ["dynsec", "find", kind, q],
    queryFn: ({ signal }) => find(kind, q, signal),
    enabled: open,
    placeholderData: keepPreviousData,
  });
  const names = (found.data?.names ?? []).filter((name) => !without.includes(name));
  const current = Math.min(at, names.length - 1);
  useEffect(() => {
    if (open) box.current?.querySelector(`[data-at="${current}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current, open]);
  const pick = (name: string | undefined) => {
    if (name === undefined) return;
    onPick(name);
    setText("");
    setAt(0);
    setOpen(false);
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="finder" ref={box}>
        <input
          id={id}
          className="input"
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-activedescendant={open && names.length > 0 ? `${id}-${current}` : undefined}
          aria-describedby={help ? `${id}-help` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder ?? "Search by name"}
          value={text}
          onFocus={() => setOpen(true)}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(e) => {
            setText(e.target.value);
            setAt(0);
            setOpen(true);
          }}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown") {
              setOpen(true);
              setAt(Math.min(names.length - 1, current + 1));
            } else if (e.key === "ArrowUp") setAt(Math.max(0, current - 1));
            else if (e.key === "Enter")
              pick(open ? names[current] : undefined); // and never sends the form
            else if (e.key === "Escape" && open) setOpen(false);
            else return;
            e.preventDefault();
          }}
        />
        <div
          className="finder-list menu"
          hidden={!open}
          onPointerDown={(e) => e.preventDefault()} // the field keeps the focus
        >
          <div role="listbox" id={`${id}-list`} aria-label={`Found ${kind}`}>
            {names.map((name, i) => (
              <div
                key={name}
                id={`${id}-${i}`}
                data-at={i}
                role="option"
                aria-selected={i === current}
                onClick={() => pick(name)}
                onPointerMove={() => setAt(i)}
              >
                <Text>{name}</Text>
              </div>
            ))}
          </div>
          {names.length === 0 && (
            <div className="finder-note">
              {found.isFetching ? "Looking…" : text ? "Nothing else is called that." : `There are no more ${kind}.`}
            </div>
          )}
          {found.data && found.data.total > offered && (
            <div className="finder-note">
              Type to narrow down {count(found.data.total)} {kind}.
            </div>
          )}
        </div>
      </div>
      {help && (
        <div className="help" id={`${id}-help`}>
          {help}
        </div>
      )}
    </div>
  );
}

function useLate(value: string): string {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), 150);
    return () => clearTimeout(timer);
  }, [value]);
  return late;
}

interface Choice {
  name: string;
  priority: number;
}

interface ChosenProps {
  chosen: Choice[];
  onChange: (next: Choice[]) => void;
  thing: string;
}

// Chosen lists what was picked, each with its priority and a way out.
function Chosen({ chosen, onChange, thing }: ChosenProps) {
  if (chosen.length === 0) return null;
  return (
    <ul className="chosen">
      {chosen.map((c) => (
        <li key={c.name}>
          <span className="mono">
            <Text>{c.name}</Text>
          </span>
          <label className="small quiet">
            priority{" "}
            <input
              className="input"
              type="number"
              min={-100_000}
              max={100_000}
              aria-label={`Priority of ${thing} ${visible(c.name)}`}
              value={Number.isNaN(c.priority) ? "" : c.priority}
              onChange={(e) =>
                onChange(chosen.map((o) => (o.name === c.name ? { ...o, priority: e.target.valueAsNumber } : o)))
              }
            />
          </label>
          <Button
            look="plain"
            icon="close"
            aria-label={`Take away ${thing} ${visible(c.name)}`}
            onClick={() => onChange(chosen.filter((o) => o.name !== c.name))}
          />
        </li>
      ))}
    </ul>
  );
}

interface PickerProps<T> {
  value: T[];
  onChange: (next: T[]) => void;
  label?: string;
}

// RolePicker chooses roles with their priorities.
export function RolePicker({ value, onChange, label = "Roles" }: PickerProps<RoleRef>) {
  const chosen = value.map(({ rolename, priority }) => ({ name: rolename, priority }));
  const change = (next: Choice[]) => onChange(next.map(({ name, priority }) => ({ rolename: name, priority })));
  return (
    <div className="stack" style={{ gap: 6 }}>
      <Finder
        kind="roles"
        label={label}
        help="A role is a set of topic rules. Where several decide, the one with the higher priority does."
        without={chosen.map((c) => c.name)}
        onPick={(name) => change([...chosen, { name, priority: usualPriority }])}
      />
      <Chosen chosen={chosen} onChange={change} thing="role" />
    </div>
  );
}

// GroupPicker chooses groups with their priorities.
export function GroupPicker({ value, onChange, label = "Groups" }: PickerProps<GroupRef>) {
  const chosen = value.map(({ groupname, priority }) => ({ name: groupname, priority }));
  const change = (next: Choice[]) => onChange(next.map(({ name, priority }) => ({ groupname: name, priority })));
  return (
    <div className="stack" style={{ gap: 6 }}>
      <Finder
        kind="groups"
        label={label}
        help="A group gives its roles to all clients in it. A client's own roles decide before those of its groups."
        without={chosen.map((c) => c.name)}
        onPick={(name) => change([...chosen, { name, priority: usualPriority }])}
      />
      <Chosen chosen={chosen} onChange={change} thing="group" />
    </div>
  );
}
