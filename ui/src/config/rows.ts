// Which settings stand where: what the files set, and what could be set besides.
import { type Edit, type Row, scopeId } from "./draft";
import type { Config, ConfProblem, Definition, Setting } from "./state";
import { fits } from "./topics";

// opening are lines that make a scope. They are added and removed with all that belongs to it.
export const opening = new Set(["listener", "connection", "plugin", "auth_plugin", "global_plugin", "plugin_load"]);

export type ScopeKind = "global" | "listener" | "bridge" | "plugin";

export function kindOf(scope: string): ScopeKind {
  const kind = scope.split(":")[0];
  return kind === "listener" || kind === "bridge" || kind === "plugin" ? kind : "global";
}

export interface SettingRow extends Row {
  definition?: Definition;
}

interface Wanted {
  scope: string;
  lines: Setting[]; // of the scope
  catalogue: Definition[];
  edits: Edit[];
  all: boolean; // what is not set as well
  search: string;
}

// rowsOf are the rows of a scope, by key. Something that was changed is there in any case.
export function rowsOf({ scope, lines, catalogue, edits, all, search }: Wanted): SettingRow[] {
  const kind = kindOf(scope);
  const rows: SettingRow[] = [];
  const byKey = new Map<string, Setting[]>();
  for (const line of lines) {
    if (opening.has(line.key) || line.key === "include_dir") continue;
    byKey.set(line.key, [...(byKey.get(line.key) ?? []), line]);
  }
  const definitions = new Map(catalogue.map((d) => [d.key, d]));
  for (const [key, set] of byKey) {
    const definition = definitions.get(key);
    for (const line of set) {
      rows.push({
        id: `${line.file}:${line.line}`,
        scope,
        key,
        line,
        several: set.length > 1,
        many: definition?.many ?? false,
        definition,
      });
    }
  }
  const empty = (key: string, n: number, definition: Definition | undefined): SettingRow => ({
    id: `${scope} ${key} ${n}`,
    scope,
    key,
    many: definition?.many ?? false,
    definition,
  });
  const edited = new Set(edits.map((e) => e.id));
  const keys = new Set([
    ...(all ? catalogue.filter((d) => offered(d, kind)).map((d) => d.key) : []),
    ...edits.filter((e) => (e.change.scope ?? "global") === scope).map((e) => e.change.key),
  ]);
  for (const key of keys) {
    if (opening.has(key)) continue;
    const definition = definitions.get(key);
    if (byKey.has(key) && !definition?.many) continue;
    let n = 0;
    for (; edited.has(`${scope} ${key} ${n}`); n++) rows.push(empty(key, n, definition));
    if (all && (definition?.many || n === 0)) rows.push(empty(key, n, definition));
  }
  return rows
    .filter(
      (row) =>
        !search ||
        edited.has(row.id) ||
        fits(search, row.key, row.definition?.help, row.line?.secret ? "" : row.line?.value),
    )
    .sort((a, b) => a.key.localeCompare(b.key) || (a.line?.line ?? 1e9) - (b.line?.line ?? 1e9));
}

// offered are settings that this broker knows and that nobody should be kept from.
function offered(d: Definition, kind: ScopeKind): boolean {
  return d.available && !d.deprecated && !opening.has(d.key) && d.key !== "include_dir" && d.scopes.includes(kind);
}

// problemsAt are those of a row's line; with a value that was changed, those that the change has.
export function problemsAt(row: Row, live: ConfProblem[], changed: ConfProblem[] | undefined, edited: boolean) {
  if (!edited) return live.filter((p) => p.line > 0 && p.line === row.line?.line && p.file === row.line.file);
  return (changed ?? []).filter((p) => p.key === row.key);
}

// addedScopes are listeners and bridges of the draft that are not there yet.
export function addedScopes(edits: Edit[], kind: "listener" | "bridge"): string[] {
  const key = kind === "listener" ? "listener" : "connection";
  return edits
    .filter((e) => e.change.op === "add" && e.change.key === key)
    .map((e) => e.id.slice(0, -scopeId("").length));
}

// globals are the lines of no listener, bridge or plugin.
export function globals(config: Config): Setting[] {
  return config.settings.filter((s) => kindOf(s.scope) === "global");
}
