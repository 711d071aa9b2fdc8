// How one dynamic security file differs from another: clients, roles and groups by name, field by field.
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { count, many } from "../ui/format";
import { Text } from "../ui/text";

type Diff = Schemas["DynsecDiff"];
type Changes = Schemas["EntryChanges"];
type Field = Schemas["FieldChange"];

const kinds = [
  ["clients", "Clients"],
  ["roles", "Roles"],
  ["groups", "Groups"],
] as const;

export function isEmpty(diff: Diff): boolean {
  return (
    kinds.every(([kind]) => diff[kind].added_total + diff[kind].changed_total + diff[kind].removed_total === 0) &&
    diff.default_access.length === 0 &&
    !diff.anonymous_group &&
    diff.other.length === 0
  );
}

export function DynsecDiff({ diff }: { diff: Diff }) {
  if (isEmpty(diff)) return <p className="quiet">Nothing differs.</p>;
  const rest = [...diff.default_access, ...(diff.anonymous_group ? [diff.anonymous_group] : []), ...diff.other];
  return (
    <div className="stack" role="region" aria-label="What differs">
      {kinds.map(([kind, title]) => (
        <Kind key={kind} title={title} changes={diff[kind]} />
      ))}
      {rest.length > 0 && (
        <section className="panel stack">
          <h2>Default access and the rest</h2>
          <Fields fields={rest} />
        </section>
      )}
    </div>
  );
}

function Kind({ title, changes: c }: { title: string; changes: Changes }) {
  if (c.added_total + c.changed_total + c.removed_total === 0) return null;
  return (
    <section className="panel stack">
      <h2>
        {title}{" "}
        <span className="quiet small number">
          {[
            c.added_total > 0 && `${count(c.added_total)} added`,
            c.changed_total > 0 && `${count(c.changed_total)} changed`,
            c.removed_total > 0 && `${count(c.removed_total)} removed`,
          ]
            .filter(Boolean)
            .join(", ")}
        </span>
      </h2>
      <Names sign="+" look="added" names={c.added} total={c.added_total} />
      <Names sign="−" look="removed" names={c.removed} total={c.removed_total} />
      {c.changed.map((entry) => (
        <div key={entry.name}>
          <h3 className="mono">
            <Text>{entry.name}</Text>
          </h3>
          <Fields fields={entry.fields} />
          <More shown={entry.fields.length} total={entry.fields_total} what="field" />
        </div>
      ))}
      <More shown={c.changed.length} total={c.changed_total} what="changed entry" plural="changed entries" />
    </section>
  );
}

function Names({ sign, look, names, total }: { sign: string; look: string; names: string[]; total: number }) {
  if (total === 0) return null;
  return (
    <div>
      <ul className="entries mono">
        {names.map((name) => (
          <li key={name} className={look}>
            <span aria-hidden="true">{sign}</span> <span className="visually-hidden">{look}: </span>
            <Text>{name}</Text>
          </li>
        ))}
      </ul>
      <More shown={names.length} total={total} what="more" plural="more" />
    </div>
  );
}

function More({
  shown,
  total,
  what,
  plural,
}: {
  shown: number;
  total: number;
  what: string;
  plural?: string;
}): ReactNode {
  return total > shown ? <p className="quiet small">And {many(total - shown, what, plural)}.</p> : null;
}

function Fields({ fields }: { fields: Field[] }) {
  return (
    <ul className="field-changes small">
      {fields.map((f, i) => (
        <li key={i}>
          <span className="mono">
            <Text>{f.item ? `${f.field} ${f.item}` : f.field}</Text>
          </span>
          <span>
            {f.before && (
              <del>
                <Text>{f.before}</Text>
              </del>
            )}
            {f.before && f.after && " → "}
            {f.after && (
              <ins>
                <Text>{f.after}</Text>
              </ins>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
