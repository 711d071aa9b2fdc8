// What stands around a line of the log: its level, the line alone, and how the log is read.

import type { Schemas } from "../api/client";
import { Button } from "../ui/button";
import { Badge, Notice, Snippet, sentence, type Tone } from "../ui/say";
import type { Column } from "../ui/table";
import { Text, visible } from "../ui/text";
import { Moment } from "../ui/time";
import type { LogLine, Row } from "./log-lines";

const tones: Partial<Record<LogLine["level"], Tone>> = { error: "bad", warning: "warning", notice: "notice" };

function LevelMark({ line }: { line: LogLine }) {
  const tone = tones[line.level];
  return <Badge {...(tone && { tone })}>{line.level}</Badge>;
}

function Words({ row }: { row: Row }) {
  if (row.gap !== undefined) return <em className="quiet">Lines are missing here: {row.gap}</em>;
  const { text, own } = row.line ?? { text: "", own: false };
  return (
    <span className="mono" title={visible(text)}>
      {own && (
        <>
          <Badge title="BunkerM's own line about the broker's process; no device can cause one">BunkerM</Badge>{" "}
        </>
      )}
      <Text>{text}</Text>
    </span>
  );
}

export const columns: Column<Row>[] = [
  { id: "time", title: "Time", width: "minmax(90px, 190px)", cell: (r) => r.line && <Moment at={r.line.time} /> },
  { id: "level", title: "Level", width: "120px", cell: (r) => r.line && <LevelMark line={r.line} /> },
  { id: "text", title: "Line", width: "minmax(480px, 1fr)", cell: (r) => <Words row={r} /> },
];

export function WholeLine({ line, onClose }: { line: LogLine; onClose: () => void }) {
  return (
    <section className="panel event-details" aria-label="The whole line">
      <div className="row apart">
        <h2>
          <LevelMark line={line} />
        </h2>
        <Button look="plain" icon="close" aria-label="Close the line" onClick={onClose} />
      </div>
      <div>
        {line.own ? "BunkerM wrote about the broker's process, " : "The broker wrote, "}
        {line.time ? <Moment at={line.time} /> : "at a time that it did not tell"}:
      </div>
      <Snippet text={line.text} />
    </section>
  );
}

// SourceNotice says when the log cannot be read, or not to its end. Nothing is shown while all is well.
export function SourceNotice({ page }: { page: Schemas["LogPage"] | undefined }) {
  if (!page) return null;
  const { source, kept, since } = page;
  const words = states[source.state];
  return (
    <>
      {words && (
        <Notice tone={source.state === "unreadable" ? "bad" : "warning"}>
          <strong>{words}</strong>
          {source.detail && <div>{sentence(source.detail)}</div>}
          {source.hint && <div>{sentence(source.hint)}</div>}
        </Notice>
      )}
      {kept === "memory" && (
        <Notice>
          <div>
            Only lines since BunkerM's last start are kept here
            {since && (
              <>
                , from <Moment at={since} /> on
              </>
            )}
            , because the broker's log files cannot be read.
          </div>
        </Notice>
      )}
    </>
  );
}

const states: Partial<Record<Schemas["LogSource"]["state"], string>> = {
  off: "BunkerM does not read the log of this broker.",
  waiting: "The broker has written no log yet.",
  unreadable: "The broker's log cannot be read.",
};
