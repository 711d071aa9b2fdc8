// What the parts of a line of mosquitto.conf are, to tell them apart by colour.

export type Part = "comment" | "key" | "scope" | "secret";

export interface Span {
  from: number;
  to: number;
  part: Part;
}

const opens = /^(listener|connection|plugin|auth_plugin|global_plugin|plugin_load)$/;
const unchanged = "«unchanged»";

// spansOf finds the parts of one line. Values have no colour, but for secrets that are not shown.
export function spansOf(line: string): Span[] {
  if (line.startsWith("#")) return [{ from: 0, to: line.length, part: "comment" }];
  const key = /^\S+/.exec(line.trimStart())?.[0];
  if (!key) return [];
  const from = line.indexOf(key);
  if (key.startsWith("#")) return [{ from, to: line.length, part: "comment" }];
  const spans: Span[] = [{ from, to: from + key.length, part: opens.test(key) ? "scope" : "key" }];
  const secret = line.indexOf(unchanged, from + key.length);
  if (secret >= 0) spans.push({ from: secret, to: secret + unchanged.length, part: "secret" });
  return spans;
}
