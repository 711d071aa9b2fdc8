// JSON indented for reading. It is made from the text as it came and not from what JSON.parse makes of it, so that
// long numbers, keys that come twice and escapes stay what the device sent.
export type Kind = "key" | "string" | "number" | "word" | "mark";

export interface Part {
  kind: Kind;
  text: string;
}

const token = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const deepest = 40; // levels that are indented

// pretty takes text that is JSON, and returns its parts in order; marks hold the line ends and the indentation.
export function pretty(text: string): Part[] {
  const tokens = text.match(token) ?? [];
  const parts: Part[] = [];
  let mark = "";
  let depth = 0;
  const line = () => `\n${"  ".repeat(Math.min(depth, deepest))}`;
  for (const [i, t] of tokens.entries()) {
    const next = tokens[i + 1];
    if (t === "{" || t === "[") {
      mark += t;
      depth++;
      if (next !== "}" && next !== "]") mark += line();
    } else if (t === "}" || t === "]") {
      depth--;
      const before = tokens[i - 1];
      mark += before === "{" || before === "[" ? t : line() + t;
    } else if (t === ",") mark += t + line();
    else if (t === ":") mark += ": ";
    else {
      if (mark) parts.push({ kind: "mark", text: mark });
      mark = "";
      parts.push({ kind: kindOf(t, next), text: t });
    }
  }
  if (mark) parts.push({ kind: "mark", text: mark });
  return parts;
}

function kindOf(t: string, next: string | undefined): Kind {
  if (t.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(t) ? "number" : "word";
}
