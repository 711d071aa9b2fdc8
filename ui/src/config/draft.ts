// The draft: what one has changed on the page and nobody has written yet. It is either single settings or whole texts,
// and knows on which files it was decided.
import { merge } from "./merge";
import type { Change, Live, Setting, SettingChange } from "./state";

// Edit is one change of a setting. Its id is the place that it changes, so that another value there takes its place.
export interface Edit {
  id: string;
  change: SettingChange;
}

export type Draft =
  | { kind: "settings"; base: Live; edits: Edit[] }
  | { kind: "texts"; base: Live; texts: Record<string, string> };

export interface Clash {
  file: string;
  lines: number; // that both sides changed, and of which the draft's stayed
}

// Row is a place where a setting stands or could stand.
export interface Row {
  id: string;
  scope: string;
  key: string;
  line?: Setting; // as it is
  several?: boolean; // there are more lines with this key in this scope
  many?: boolean; // each line adds something
}

// editOf is the change that gives a place another value; none where it is what it was. An empty value takes the line away.
export function editOf(row: Row, value: string): Edit | undefined {
  const { id, scope, key, line } = row;
  if (!line) return value === "" ? undefined : { id, change: { op: row.many ? "add" : "set", scope, key, value } };
  if (value === line.value) return undefined;
  const which = row.several ? { old_value: line.secret ? undefined : line.value, file: line.file } : {};
  if (value === "") return { id, change: { op: "remove", scope, key, ...which } };
  return { id, change: { op: "set", scope, key, value, ...which } };
}

// standing is what stands at a place with the edits made.
export function standing(row: Row, edits: Edit[]): string {
  const edit = edits.find((e) => e.id === row.id);
  if (!edit) return row.line?.value ?? "";
  return edit.change.op === "remove" ? "" : (edit.change.value ?? "");
}

// withEdit puts an edit in, or takes what stood at its place away.
export function withEdit(edits: Edit[], id: string, edit: Edit | undefined): Edit[] {
  const at = edits.findIndex((e) => e.id === id);
  if (!edit) return edits.filter((e) => e.id !== id);
  return at < 0 ? [...edits, edit] : edits.map((e, i) => (i === at ? edit : e));
}

// scopeId is the place of the line that makes a scope, as an edit adds or removes it.
export function scopeId(scope: string): string {
  return `${scope} *`;
}

// withoutScope takes back a scope that was added, or its removal, with all that was changed in it.
export function withoutScope(edits: Edit[], scope: string): Edit[] {
  return edits.filter((e) => e.id !== scopeId(scope) && e.change.scope !== scope);
}

// bodyOf is a draft as the server takes it.
export function bodyOf(draft: Draft, comment = ""): Change {
  const why = comment ? { comment } : {};
  if (draft.kind === "settings") return { changes: draft.edits.map((e) => e.change), ...why };
  return { files: Object.entries(draft.texts).map(([name, text]) => ({ name, text })), ...why };
}

// howMany is a draft in a few words.
export function howMany(draft: Draft): string {
  if (draft.kind === "settings") return draft.edits.length === 1 ? "1 change" : `${draft.edits.length} changes`;
  const names = Object.keys(draft.texts);
  return names.length === 1 ? `${names[0]} edited` : `${names.length} files edited`;
}

// tidy is the draft without what is as it was; nothing of it may be left.
export function tidy(draft: Draft): Draft | undefined {
  if (draft.kind === "settings") return draft.edits.length > 0 ? draft : undefined;
  const texts = Object.fromEntries(
    Object.entries(draft.texts).filter(([name, text]) => textOf(draft.base, name) !== text),
  );
  return Object.keys(texts).length > 0 ? { ...draft, texts } : undefined;
}

export function textOf(live: Live, name: string): string {
  return live.config.files.find((f) => f.name === name)?.text ?? "";
}

// rebase moves a draft onto files that somebody else has changed meanwhile. Settings name lines and not places, so they
// stay as they are. Texts are merged line by line; where both sides changed the same lines, the draft's are kept and told.
export function rebase(draft: Draft, onto: Live): { draft: Draft | undefined; clashes: Clash[] } {
  if (draft.kind === "settings") return { draft: { ...draft, base: onto }, clashes: [] };
  const texts: Record<string, string> = {};
  const clashes: Clash[] = [];
  for (const [file, mine] of Object.entries(draft.texts)) {
    const { text, clashing } = merge(textOf(draft.base, file), mine, textOf(onto, file));
    texts[file] = text;
    if (clashing > 0) clashes.push({ file, lines: clashing });
  }
  return { draft: tidy({ kind: "texts", base: onto, texts }), clashes };
}
