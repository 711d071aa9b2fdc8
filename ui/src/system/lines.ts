// Lists that people type one thing a line. Spaces belong to a topic filter, and so they stay.

export function toLines(list: readonly string[]): string {
  return list.join("\n");
}

export function fromLines(text: string): string[] {
  const things = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  return [...new Set(things)];
}
