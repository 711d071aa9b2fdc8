// How files differ, line by line, with the numbers of both sides. On a phone the signs are enough.
import { many } from "../ui/format";
import { Text } from "../ui/text";
import type { FileDiff } from "./state";

const signs = { same: ["", ""], added: ["+", "added: "], removed: ["−", "removed: "] } as const;

// mostLines are drawn of one file: who replaces a whole configuration does not read every line of it.
const mostLines = 2_000;

export function FileDiffs({ diff, none = "Nothing differs." }: { diff: FileDiff[]; none?: string }) {
  if (diff.length === 0) return <p className="quiet">{none}</p>;
  return (
    <div className="stack">
      {diff.map((file) => (
        <OneFile key={file.file} diff={file} />
      ))}
    </div>
  );
}

function OneFile({ diff }: { diff: FileDiff }) {
  const lines = diff.hunks.flatMap((hunk, i) => hunk.lines.map((line, j) => ({ ...line, begins: i > 0 && j === 0 })));
  const of = (op: string) => lines.filter((line) => line.op === op).length;
  const shown = lines.slice(0, mostLines);
  return (
    <section className="stack" style={{ gap: 4 }} aria-label={`Changes of ${diff.file}`}>
      <div className="row">
        <h3 className="mono">
          <Text>{diff.file}</Text>
        </h3>
        <span className="quiet small number">
          {diff.status !== "changed" && `${diff.status} · `}+{of("added")} −{of("removed")}
        </span>
      </div>
      <div className="hunks" role="region" aria-label={`Lines of ${diff.file}`} tabIndex={0}>
        {shown.map((line, i) => {
          const [sign, spoken] = signs[line.op];
          return (
            <div key={i} className={`${line.op} ${line.begins ? "begins" : ""}`}>
              <span className="at" aria-hidden="true">
                {line.old || ""}
              </span>
              <span className="at" aria-hidden="true">
                {line.new || ""}
              </span>
              <span aria-hidden="true">{sign}</span>
              <span>
                {spoken && <span className="visually-hidden">{spoken}</span>}
                <Text>{line.text}</Text>
              </span>
            </div>
          );
        })}
      </div>
      {shown.length < lines.length && <p className="quiet small">{many(lines.length - shown.length, "more line")}.</p>}
    </section>
  );
}
