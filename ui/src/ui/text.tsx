// Text that a device may have chosen: topics, client ids, payloads. Characters that one cannot see, or that turn what
// stands beside them around, are drawn as escapes.
import { Fragment, type ReactNode } from "react";

// What cannot be seen: control and format characters, line separators, and all that Unicode lets a font ignore. The
// joiner and the selector that belong to emoji are left to them.
const hidden =
  /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200d\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}]|(?<!\p{Extended_Pictographic})\ufe0f|(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d/gu;

const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOf(c: string): string {
  return known[c] ?? `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`;
}

// visible returns s as plain text with escapes, for titles and places that take no elements.
export function visible(s: string): string {
  return s.replace(hidden, escapeOf);
}

// Text shows s and nothing but s. lines keeps line ends and tabs as they are, for payloads in a box of their own.
export function Text({ children, lines = false }: { children: string; lines?: boolean }): ReactNode {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of children.matchAll(hidden)) {
    const c = match[0];
    if (lines && (c === "\n" || c === "\t")) continue;
    const at = match.index;
    if (at > from) parts.push(children.slice(from, at));
    parts.push(
      <span className="escape" key={at}>
        {escapeOf(c)}
      </span>,
    );
    from = at + c.length;
  }
  if (from === 0) return <bdi>{children}</bdi>;
  if (from < children.length) parts.push(children.slice(from));
  return (
    <bdi>
      {parts.map((part, i) => (
        <Fragment key={i}>{part}</Fragment>
      ))}
    </bdi>
  );
}
