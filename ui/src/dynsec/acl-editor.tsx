// The rules of a role as rows that can be changed. What is wrong is said while one types.
import { useRef } from "react";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { Text, visible } from "../ui/text";
import { type ACL, filterNotes, filterProblem, kinds, repeated } from "./acl";
import { priorityProblem } from "./names";

export interface Row extends ACL {
  id: number; // names the row while its fields change
}

interface EditorProps {
  rows: Row[];
  onChange: (rows: Row[]) => void;
  version: string | undefined; // of the broker
}

export function toRows(acls: ACL[]): Row[] {
  return acls.map((acl, id) => ({ ...acl, id }));
}

export function toACLs(rows: Row[]): ACL[] {
  return rows.map(({ acltype, topic, priority, allow }) => ({ acltype, topic, priority, allow }));
}

// rowProblem says what is wrong with one row, undefined when nothing is.
export function rowProblem(row: Row, again: boolean): string | undefined {
  if (again) return "Another row has this kind and topic; a role has one rule for both.";
  return filterProblem(row.topic) ?? priorityProblem(row.priority);
}

export function hasProblem(rows: Row[]): boolean {
  const again = repeated(rows);
  return rows.some((row, i) => rowProblem(row, again.has(i)) !== undefined);
}

export function ACLEditor({ rows, onChange, version }: EditorProps) {
  const again = repeated(rows);
  const box = useRef<HTMLDivElement>(null);
  const change = (id: number, part: Partial<ACL>) => onChange(rows.map((r) => (r.id === id ? { ...r, ...part } : r)));
  const add = () => {
    const id = 1 + rows.reduce((most, r) => Math.max(most, r.id), 0);
    onChange([...rows, { id, acltype: "publishClientSend", topic: "", priority: 0, allow: true }]);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[data-row]:last-child .mono")?.focus());
  };
  return (
    <div className="stack">
      <div className="acl-rows" ref={box}>
        {rows.length > 0 && (
          <div className="acl-row head" aria-hidden="true">
            <span>Rule</span>
            <span>About</span>
            <span>Topic</span>
            <span>Priority</span>
            <span />
          </div>
        )}
        {rows.map((row, i) => (
          <EditorRow
            key={row.id}
            row={row}
            number={i + 1}
            version={version}
            wrong={row.topic === "" ? undefined : rowProblem(row, again.has(i))}
            onChange={(part) => change(row.id, part)}
            onMove={(by) => onChange(moved(rows, i, by))}
            first={i === 0}
            last={i === rows.length - 1}
            onRemove={() => onChange(rows.filter((r) => r.id !== row.id))}
          />
        ))}
      </div>
      <div>
        <Button onClick={add}>Add rule</Button>
      </div>
    </div>
  );
}

// moved brings a row one place up or down. The broker knows no order but that of priorities, so all are numbered anew
// from the end.
export function moved(rows: Row[], from: number, by: -1 | 1): Row[] {
  const to = from + by;
  const next = [...rows];
  const [row] = next.splice(from, 1);
  if (!row || to < 0 || to > next.length) return rows;
  next.splice(to, 0, row);
  return next.map((r, i) => ({ ...r, priority: next.length - 1 - i }));
}

interface EditorRowProps {
  row: Row;
  number: number;
  version: string | undefined;
  wrong: string | undefined;
  onChange: (part: Partial<ACL>) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
  first: boolean;
  last: boolean;
}

function EditorRow({ row, number, version, wrong, onChange, onMove, onRemove, first, last }: EditorRowProps) {
  const name = `rule ${number}`;
  const about = `acl-${row.id}-about`;
  const notes = row.topic ? filterNotes(row, version) : [];
  return (
    <div className="acl-row" data-row role="group" aria-label={`Rule ${number}: ${visible(row.topic)}`}>
      <select
        className="input"
        aria-label={`Allow or deny, ${name}`}
        value={row.allow ? "allow" : "deny"}
        onChange={(e) => onChange({ allow: e.target.value === "allow" })}
      >
        <option value="allow">Allow</option>
        <option value="deny">Deny</option>
      </select>
      <select
        className="input"
        aria-label={`What it is about, ${name}`}
        value={row.acltype}
        onChange={(e) => onChange({ acltype: e.target.value })}
      >
        {kinds.map((k) => (
          <option key={k.type} value={k.type} title={k.help}>
            {k.title}
          </option>
        ))}
      </select>
      <input
        className="input mono"
        aria-label={`Topic, ${name}`}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong || notes.length > 0 ? about : undefined}
        placeholder="sensors/#"
        autoComplete="off"
        spellCheck={false}
        value={row.topic}
        onChange={(e) => onChange({ topic: e.target.value })}
      />
      <input
        className="input"
        type="number"
        min={-100_000}
        max={100_000}
        aria-label={`Priority, ${name}`}
        value={Number.isNaN(row.priority) ? "" : row.priority}
        onChange={(e) => onChange({ priority: e.target.valueAsNumber })}
      />
      <span className="acl-buttons">
        <Button look="plain" disabled={first} aria-label={`Decide earlier, ${name}`} onClick={() => onMove(-1)}>
          ↑
        </Button>
        <Button look="plain" disabled={last} aria-label={`Decide later, ${name}`} onClick={() => onMove(1)}>
          ↓
        </Button>
        <Button look="plain" icon="close" aria-label={`Remove ${name}`} onClick={onRemove} />
      </span>
      {(wrong || notes.length > 0) && (
        <div className="acl-about small" id={about}>
          {wrong && (
            <div className="wrong" role="alert">
              <Icon name="bad" size={13} /> {wrong}
            </div>
          )}
          {notes.map((note) => (
            <div key={note} className="quiet">
              <Text>{note}</Text>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
