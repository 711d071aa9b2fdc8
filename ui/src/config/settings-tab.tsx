// The tab Settings: what the files set as forms, by topic, by listener and by bridge. Changes gather in the draft.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { Badge, Empty, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { AddBridge } from "./add-bridge";
import { AddListener } from "./add-listener";
import { type Edit, editOf, scopeId, standing, withEdit, withoutScope } from "./draft";
import { Problems } from "./problems";
import { addedScopes, globals, kindOf, problemsAt, rowsOf, type SettingRow } from "./rows";
import { SettingLine } from "./setting-line";
import { type Checked, type Config, catalogueQuery, type Setting } from "./state";
import { topicOf, topics } from "./topics";
import { scopeWords } from "./words";

interface SettingsTabProps {
  config: Config;
  edits: Edit[];
  checked: Checked | undefined;
  locked: string; // why nothing can be changed; empty where it can
  onEdits: (change: (edits: Edit[]) => Edit[]) => void;
}

const openAtOnce = 6; // listeners or bridges: more are folded

export function SettingsTab(p: SettingsTabProps) {
  const [filters, setFilters] = useFilters();
  const [adding, setAdding] = useState<"listener" | "bridge">();
  const catalogue = useQuery(catalogueQuery);
  const search = filters.q ?? "";
  const all = filters.show === "all";
  const plugins = useMemo(() => grouped(p.config.settings.filter((s) => kindOf(s.scope) === "plugin")), [p.config]);
  if (catalogue.isPending) return <Waiting what="the list of settings" rows={8} />;
  if (catalogue.isError) return <ProblemNotice problem={catalogue.error} retry={() => void catalogue.refetch()} />;
  const definitions = catalogue.data.settings;
  const lines = (scope: string, of: Setting[]) => (
    <Lines
      {...p}
      scope={scope}
      rows={rowsOf({ scope, lines: of, catalogue: definitions, edits: p.edits, all, search })}
    />
  );
  const global = rowsOf({
    scope: "global",
    lines: globals(p.config),
    catalogue: definitions,
    edits: p.edits,
    all,
    search,
  });
  const byTopic = topics
    .map((topic) => ({ topic, rows: global.filter((row) => topicOf(row.key) === topic) }))
    .filter(({ rows }) => rows.length > 0);
  const whole = p.config.problems.filter((problem) => problem.line === 0);
  const found = (scope: string, of: Setting[]) =>
    rowsOf({ scope, lines: of, catalogue: definitions, edits: p.edits, all, search }).length > 0 ||
    named(scope, search);
  const listeners = p.config.listeners.filter((l) => !search || found(l.scope, l.settings));
  const bridges = p.config.bridges.filter((b) => !search || found(b.scope, b.settings));
  const newListeners = addedScopes(p.edits, "listener");
  const newBridges = addedScopes(p.edits, "bridge");
  const removed = (scope: string) => p.edits.some((e) => e.id === scopeId(scope) && e.change.op === "remove");
  const remove = (scope: string, key: string, file: string) =>
    p.onEdits((edits) =>
      withEdit(withoutScope(edits, scope), scopeId(scope), {
        id: scopeId(scope),
        change: { op: "remove", scope, key, file },
      }),
    );
  const undo = (scope: string) => p.onEdits((edits) => withoutScope(edits, scope));
  const writable = (file: string) => (p.locked ? p.locked : whyNot(p.config, file));
  return (
    <div className="stack">
      <div className="toolbar">
        <Search value={search} onChange={(q) => setFilters({ q }, true)} label="Search settings" />
        <Segments
          label="Which settings"
          value={all ? "all" : "set"}
          options={[
            { value: "set", label: "Set" },
            { value: "all", label: "All that there are" },
          ]}
          onChange={(show) => setFilters({ show: show === "all" ? "all" : undefined }, true)}
        />
        <span style={{ flex: 1 }} />
        {!p.locked && (
          <>
            <Button data-keys="new" onClick={() => setAdding("listener")}>
              Add listener
            </Button>
            <Button onClick={() => setAdding("bridge")}>Add bridge</Button>
          </>
        )}
      </div>
      {whole.length > 0 && <Problems problems={whole} />}
      {byTopic.map(({ topic, rows }) => (
        <section className="panel" key={topic} aria-label={topic}>
          <h2>{topic}</h2>
          <Lines {...p} scope="global" rows={rows} />
        </section>
      ))}
      {search && byTopic.length + listeners.length + bridges.length === 0 && (
        <Empty action={!all && <Button onClick={() => setFilters({ show: "all" })}>Look among all settings</Button>}>
          No setting that {all ? "there is" : "is set"} fits “{search}”.
        </Empty>
      )}
      {listeners.map((l) => (
        <Scope
          key={l.scope}
          scope={l.scope}
          open={listeners.length <= openAtOnce || Boolean(search)}
          removed={removed(l.scope)}
          why={l.ours ? "It is BunkerM's own way to the broker." : writable(l.file)}
          onRemove={() => remove(l.scope, "listener", l.file)}
          onUndo={() => undo(l.scope)}
          badges={
            <>
              <Badge>{l.protocol}</Badge>
              {l.tls ? <Badge tone="good">TLS</Badge> : <Badge>no TLS</Badge>}
              {l.ours && <Badge>BunkerM's own</Badge>}
            </>
          }
        >
          {lines(l.scope, l.settings)}
        </Scope>
      ))}
      {newListeners.map((scope) => (
        <Scope key={scope} scope={scope} open added why="" onUndo={() => undo(scope)}>
          {lines(scope, [])}
        </Scope>
      ))}
      {bridges.map((b) => (
        <Scope
          key={b.scope}
          scope={b.scope}
          open={bridges.length <= openAtOnce || Boolean(search)}
          removed={removed(b.scope)}
          why={writable(b.file)}
          onRemove={() => remove(b.scope, "connection", b.file)}
          onUndo={() => undo(b.scope)}
          badges={
            <>
              <span className="mono">
                <Text>{b.address}</Text>
              </span>
              {b.tls ? <Badge tone="good">TLS</Badge> : <Badge tone="warning">no TLS</Badge>}
            </>
          }
        >
          {lines(b.scope, b.settings)}
        </Scope>
      ))}
      {newBridges.map((scope) => (
        <Scope key={scope} scope={scope} open added why="" onUndo={() => undo(scope)}>
          {lines(scope, [])}
        </Scope>
      ))}
      {plugins.map(([scope, of]) => {
        const rows = rowsOf({ scope, lines: of, catalogue: definitions, edits: p.edits, all: false, search });
        return rows.length === 0 ? null : (
          <Scope key={scope} scope={scope} open={plugins.length <= openAtOnce} why="Plugins are added on the host.">
            <Lines {...p} scope={scope} rows={rows} />
          </Scope>
        );
      })}
      {adding === "listener" && (
        <AddListener
          taken={[...p.config.listeners.map((l) => l.scope), ...newListeners]}
          definitions={definitions}
          onAdd={(edits) => p.onEdits((before) => [...before, ...edits])}
          onClose={() => setAdding(undefined)}
        />
      )}
      {adding === "bridge" && (
        <AddBridge
          taken={[...p.config.bridges.map((b) => b.scope), ...newBridges]}
          onAdd={(edits) => p.onEdits((before) => [...before, ...edits])}
          onClose={() => setAdding(undefined)}
        />
      )}
    </div>
  );
}

// named says whether a listener or bridge itself is what is looked for.
function named(scope: string, search: string): boolean {
  return scopeWords(scope).toLowerCase().includes(search.toLowerCase());
}

function grouped(settings: Setting[]): [string, Setting[]][] {
  const by = new Map<string, Setting[]>();
  for (const s of settings) by.set(s.scope, [...(by.get(s.scope) ?? []), s]);
  return [...by];
}

function whyNot(config: Config, name: string): string {
  const file = config.files.find((f) => f.name === name);
  if (!file || file.editable) return "";
  if (file.ours) return "BunkerM's own";
  return file.why_not || "This file cannot be changed here";
}

function Lines({
  config,
  edits,
  checked,
  locked,
  onEdits,
  rows,
  scope,
}: SettingsTabProps & { rows: SettingRow[]; scope: string }) {
  if (rows.length === 0) return <p className="quiet small">Nothing is set for it but the defaults.</p>;
  return (
    <div className="settings" role="group" aria-label={scopeWords(scope)}>
      {rows.map((row) => {
        const edited = edits.some((e) => e.id === row.id);
        const barred =
          row.definition?.dangerous && !config.allowed.dangerous
            ? "It can run code or reach files of others, so it is changed on the host."
            : "";
        return (
          <SettingLine
            key={row.id}
            row={row}
            value={standing(row, edits)}
            edited={edited}
            problems={problemsAt(row, config.problems, checked?.problems, edited)}
            why={locked || barred || (row.line ? whyNot(config, row.line.file) : "")}
            onValue={(value) => onEdits((now) => withEdit(now, row.id, editOf(row, value)))}
            onUndo={() => onEdits((now) => withEdit(now, row.id, undefined))}
          />
        );
      })}
    </div>
  );
}

interface ScopeProps {
  scope: string;
  open: boolean;
  added?: boolean;
  removed?: boolean;
  why: string; // why it cannot be removed
  badges?: ReactNode;
  onRemove?: () => void;
  onUndo?: () => void;
  children: ReactNode;
}

// Scope is a listener, a bridge or a plugin. What is folded is not drawn.
function Scope({ scope, open, added, removed, why, badges, onRemove, onUndo, children }: ScopeProps) {
  const [unfolded, setUnfolded] = useState(open);
  const name = scopeWords(scope);
  return (
    <section className="panel stack" style={{ gap: 8 }} aria-label={name}>
      <div className="row apart">
        <h2 className="row">
          <button type="button" className="bare" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
            <span aria-hidden="true">{unfolded ? "▾" : "▸"}</span> <Text>{name}</Text>
          </button>
          {badges}
          {added && <Badge tone="notice">new</Badge>}
          {removed && <Badge tone="warning">is removed</Badge>}
        </h2>
        {(added || removed) && onUndo ? (
          <Button onClick={onUndo}>{added ? "Do not add it" : "Keep it"}</Button>
        ) : (
          !why && onRemove && <Button onClick={onRemove}>Remove</Button>
        )}
      </div>
      {removed ? (
        <Notice tone="warning">It goes with all its settings, and its clients are disconnected.</Notice>
      ) : unfolded ? (
        children
      ) : null}
    </section>
  );
}
