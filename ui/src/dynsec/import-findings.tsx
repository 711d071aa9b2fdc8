// What is to be said about the lines of imported files, the gravest first.
import type { Schemas } from "../api/client";
import { count, many } from "../ui/format";
import { Notice, sentence, type Tone } from "../ui/say";
import { Text } from "../ui/text";
import { grouped, type Kind } from "./import-words";

type Plan = Schemas["FilesResult"];
type Finding = Schemas["FilesFinding"];

const shown = 300; // lines of one kind

const tones: Partial<Record<Kind, Tone>> = { refused: "bad", lost: "warning", manual: "notice" };

export function Findings({ plan }: { plan: Plan }) {
  return grouped(plan).map(({ kind, title, total, findings }) =>
    kind === "note" ? (
      <details key={kind}>
        <summary>{title}</summary>
        <List findings={findings} total={total} />
      </details>
    ) : (
      <Notice key={kind} tone={tones[kind] ?? "notice"}>
        <strong>{title}</strong>
        <List findings={findings} total={total} />
      </Notice>
    ),
  );
}

function List({ findings, total }: { findings: Finding[]; total: number }) {
  const listed = findings.slice(0, shown);
  return (
    <ul className="failures">
      {listed.map((f, i) => (
        <li key={i}>
          {f.line > 0 && `${f.source}, line ${count(f.line)}: `}
          {f.subject && (
            <>
              <span className="mono">
                <Text>{f.subject}</Text>
              </span>
              {": "}
            </>
          )}
          <Text>{f.subject || f.line > 0 ? f.message : sentence(f.message)}</Text>
          {f.users.length > 0 && (
            <>
              {" (for "}
              <span className="mono">
                <Text>{f.users.join(", ")}</Text>
              </span>
              )
            </>
          )}
        </li>
      ))}
      {total > listed.length && <li>and {many(total - listed.length, "more line", "more lines")}</li>}
    </ul>
  );
}
