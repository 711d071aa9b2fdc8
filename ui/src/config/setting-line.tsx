// One setting: what it is called, what it does, what it is, and how a change of it reaches the broker.
import { useId } from "react";
import { Button } from "../ui/button";
import { Badge, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { toneOf } from "./problems";
import type { SettingRow } from "./rows";
import type { ConfProblem } from "./state";

interface SettingLineProps {
  row: SettingRow;
  value: string;
  edited: boolean;
  problems: ConfProblem[];
  why: string; // why it cannot be changed; empty where it can
  onValue: (value: string) => void;
  onUndo: () => void;
}

// between says which numbers a setting takes. Where the most is all that the broker can count, there is no most.
function between(min: number | null | undefined, max: number | null | undefined): string {
  if (min == null || max == null) return "";
  if (max < 2 ** 31 - 1) return ` From ${min} to ${max}.`;
  return min > 0 ? ` At least ${min}.` : "";
}

export function SettingLine({ row, value, edited, problems, why, onValue, onUndo }: SettingLineProps) {
  const id = useId();
  const { definition: d, line } = row;
  const reload = d?.reload ?? line?.reload ?? "restart";
  return (
    <div className="setting" data-edited={edited || undefined}>
      <div>
        <label htmlFor={id} className="mono">
          <Text>{row.key}</Text>
        </label>
        <div className="quiet small" id={`${id}-help`}>
          {d ? <Text>{d.help}</Text> : "The broker's manual does not have this setting."}
          {d?.deprecated && d.deprecated_by && (
            <>
              {" "}
              Use <Text>{d.deprecated_by}</Text> instead.
            </>
          )}
          {d?.type === "int" && between(d.min, d.max)}
        </div>
      </div>
      <div className="value-of">
        {why ? (
          <div className="mono" id={id}>
            {line ? <Text>{line.value || "(empty)"}</Text> : <span className="quiet">not set</span>}
          </div>
        ) : (
          <div className="row" style={{ flexWrap: "nowrap" }}>
            <Control
              id={id}
              row={row}
              value={value}
              wrong={problems.some((p) => p.severity === "error")}
              onValue={onValue}
            />
            {edited ? (
              <Button look="plain" onClick={onUndo} aria-label={`Undo the change of ${row.key}`}>
                Undo
              </Button>
            ) : (
              line && (
                <Button
                  look="plain"
                  icon="close"
                  title="Take the line out: the default holds again"
                  aria-label={`Take ${row.key} out`}
                  onClick={() => onValue("")}
                />
              )
            )}
          </div>
        )}
        <Was row={row} edited={edited} value={value} why={why} />
        {problems.map((p, i) => (
          <div key={i} className="small row" style={{ alignItems: "flex-start" }}>
            <Badge tone={toneOf[p.severity]}>{p.severity}</Badge>
            <span style={{ flex: 1, minWidth: 160 }}>
              <Text>{[p.message, p.hint ?? ""].filter(Boolean).map(sentence).join(" ")}</Text>
            </span>
          </div>
        ))}
      </div>
      <div className="how">
        <Badge
          title={
            reload === "live"
              ? "A change reaches the running broker; nobody is disconnected"
              : "A change needs a restart, which disconnects everybody once"
          }
        >
          {reload}
        </Badge>
      </div>
    </div>
  );
}

// Was says what stands there now, where it comes from, and why it stays.
function Was({ row, edited, value, why }: { row: SettingRow; edited: boolean; value: string; why: string }) {
  const { line, definition: d } = row;
  if (!line && !edited && !why) return null; // the empty field says the same
  return (
    <div className="quiet small">
      {edited && line && (
        <>
          {value === "" ? "Is taken out; " : ""}is now{" "}
          <span className="mono">
            <Text>{line.value}</Text>
          </span>
          {" · "}
        </>
      )}
      {line ? (
        <span className="mono">
          <Text>{`${line.file}:${line.line}`}</Text>
        </span>
      ) : (
        "not set"
      )}
      {d?.default != null && !(d.default === "" && !line) && (
        <>
          {" · "}default{" "}
          <span className="mono">
            <Text>{d.default || "(empty)"}</Text>
          </span>
        </>
      )}
      {why && line && (
        <>
          {" · "}
          <Text>{why}</Text>
        </>
      )}
    </div>
  );
}

interface ControlProps {
  id: string;
  row: SettingRow;
  value: string;
  wrong: boolean;
  onValue: (value: string) => void;
}

function Control({ id, row, value, wrong, onValue }: ControlProps) {
  const { definition: d, line } = row;
  const attributes = {
    id,
    className: "input mono",
    "aria-describedby": `${id}-help`,
    "aria-invalid": wrong || undefined,
  };
  const choices = d?.type === "bool" ? ["true", "false"] : d?.type === "enum" ? (d.values ?? []) : [];
  if (choices.length > 0) {
    return (
      <select {...attributes} value={value} onChange={(e) => onValue(e.target.value)}>
        <option value="">{d?.default ? `not set (${d.default})` : "not set"}</option>
        {[...new Set([...choices, ...(value ? [value] : [])])].map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const secret = d?.secret || line?.secret;
  if (secret) {
    // What is stored is not known here. Nothing typed leaves it as it is.
    const kept = line !== undefined && value === line.value;
    return (
      <input
        {...attributes}
        autoComplete="off"
        spellCheck={false}
        placeholder={line ? "not shown; type to replace it" : "not set"}
        value={kept ? "" : value}
        onChange={(e) => onValue(e.target.value || (line?.value ?? ""))}
      />
    );
  }
  return (
    <input
      {...attributes}
      autoComplete="off"
      spellCheck={false}
      inputMode={d?.type === "int" ? "numeric" : undefined}
      placeholder={d?.default ? `not set (${d.default})` : "not set"}
      value={value}
      onChange={(e) => onValue(e.target.value)}
    />
  );
}
