// What changed between two states of a thing, line by line.

export type Mark = "same" | "added" | "removed";

export interface DiffLine {
  mark: Mark;
  text: string;
}

export interface Gap {
  skipped: number; // lines that are the same on both sides
}

// linesOf writes a value as indented JSON; what does not exist has no lines.
export function linesOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return JSON.stringify(value, null, 2).split("\n");
}

const mostCells = 4_000_000; // of the table below: 16 MiB

// diff keeps as many lines as can be kept. Where that would take too long, what is not the same at the beginning and
// the end counts as replaced.
export function diff(before: string[], after: string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  return [
    ...marked("same", before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...marked("same", before.slice(before.length - tail)),
  ];
}

function marked(mark: Mark, lines: string[]): DiffLine[] {
  return lines.map((text) => ({ mark, text }));
}

// middle finds the longest common subsequence.
function middle(before: string[], after: string[]): DiffLine[] {
  const width = after.length + 1;
  if ((before.length + 1) * width > mostCells) {
    return [...marked("removed", before), ...marked("added", after)];
  }
  // kept[i * width + j] is how many lines of before[i…] and after[j…] can be kept.
  const kept = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => kept[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      kept[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ mark: "same", text: old });
      i++;
      j++;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: "removed", text: old });
      i++;
    } else {
      lines.push({ mark: "added", text: now ?? "" });
      j++;
    }
  }
  return lines;
}

// shorten leaves out what is the same and far from every change.
export function shorten(lines: DiffLine[], around = 3): (DiffLine | Gap)[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    if (line.mark !== "same") near.fill(1, Math.max(0, i - around), i + around + 1);
  });
  const shown: (DiffLine | Gap)[] = [];
  let skipped = 0;
  const leave = () => {
    if (skipped > 0) shown.push({ skipped });
    skipped = 0;
  };
  lines.forEach((line, i) => {
    if (near[i]) {
      leave();
      shown.push(line);
    } else {
      skipped++;
    }
  });
  leave();
  return shown;
}
