// Merging two changes of one text, line by line, and telling how texts of a whole configuration differ.
import { type DiffLine, diff } from "../audit/diff";
import type { Config, FileDiff } from "./state";

// Piece is a part of the text before that one side replaced by other lines.
interface Piece {
  from: number; // index of the first line that is replaced
  to: number; // behind the last one
  lines: string[];
}

function pieces(before: string[], after: string[]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let open: Piece | undefined;
  for (const line of diff(before, after)) {
    if (line.mark === "same") {
      open = undefined;
      at++;
      continue;
    }
    if (!open) {
      open = { from: at, to: at, lines: [] };
      found.push(open);
    }
    if (line.mark === "removed") open.to = ++at;
    else open.lines.push(line.text);
  }
  return found;
}

const touches = (a: Piece, b: Piece) =>
  (a.from < b.to && b.from < a.to) || (a.from === b.from && (a.from === a.to || b.from === b.to));

const same = (a: Piece, b: Piece) =>
  a.from === b.from && a.to === b.to && a.lines.length === b.lines.length && a.lines.every((l, i) => l === b.lines[i]);

// merge makes mine and theirs one. Where both changed the same lines, mine holds; clashing counts those lines.
export function merge(before: string, mine: string, theirs: string): { text: string; clashing: number } {
  const base = before.split("\n");
  const ours = pieces(base, mine.split("\n"));
  let clashing = 0;
  const kept = pieces(base, theirs.split("\n")).filter((their) => {
    const met = ours.filter((our) => touches(our, their));
    if (met.length > 0 && !met.every((our) => same(our, their))) {
      clashing += Math.max(their.to - their.from, their.lines.length);
    }
    return met.length === 0;
  });
  const all = [...ours, ...kept].sort((a, b) => a.from - b.from || a.to - b.to);
  const lines: string[] = [];
  let at = 0;
  for (const piece of all) {
    lines.push(...base.slice(at, piece.from), ...piece.lines);
    at = piece.to;
  }
  lines.push(...base.slice(at));
  return { text: lines.join("\n"), clashing };
}

const around = 3; // lines beside a change

// hunksOf gathers changed lines with those around them.
function hunksOf(lines: DiffLine[]): FileDiff["hunks"] {
  const hunks: FileDiff["hunks"] = [];
  let [old, now] = [0, 0];
  let before: FileDiff["hunks"][number]["lines"] = [];
  let open: FileDiff["hunks"][number]["lines"] | undefined;
  let calm = 0;
  for (const { mark, text } of lines) {
    if (mark !== "added") old++;
    if (mark !== "removed") now++;
    const line = { op: mark, old: mark === "added" ? 0 : old, new: mark === "removed" ? 0 : now, text };
    if (mark !== "same") {
      if (!open) {
        open = before;
        hunks.push({ lines: open });
      }
      open.push(line);
      calm = 0;
      continue;
    }
    calm++;
    if (open && calm <= 2 * around) {
      open.push(line);
      if (calm === 2 * around) {
        before = open.splice(open.length - around);
        open = undefined;
      }
    } else {
      before = [...before.slice(-(around - 1)), line];
    }
  }
  if (open && calm > around) open.length -= calm - around;
  return hunks;
}

// between is how one configuration differs from another, as the server tells it of a change. What BunkerM writes itself
// is nobody's change.
export function between(before: Config, after: Config): FileDiff[] {
  const texts = (config: Config) => new Map(config.files.filter((f) => !f.ours).map((f) => [f.name, f.text]));
  const [olds, nows] = [texts(before), texts(after)];
  return [...new Set([...olds.keys(), ...nows.keys()])].flatMap((file): FileDiff[] => {
    const [old, now] = [olds.get(file), nows.get(file)];
    if (old === now) return [];
    const status = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    const split = (text: string | undefined) => (text ? text.replace(/\n$/, "").split("\n") : []);
    return [{ file, status, hunks: hunksOf(diff(split(old), split(now))) }];
  });
}
