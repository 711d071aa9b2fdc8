// A value as text, as indented JSON or as bytes; and what the last message changed of it.
import { useMemo, useState } from "react";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { pretty } from "./json-pretty";
import { bytesOf, type Change, hex, json } from "./payload";
import { type Topic, why } from "./topic-list";

type View = "text" | "json" | "hex";

const mostColoured = 20_000; // characters; longer JSON is indented without colours

export function Value({ topic: t }: { topic: Topic }) {
  const parsed = json(t);
  const isObject = parsed !== undefined && typeof parsed.value === "object" && parsed.value !== null;
  const usual: View = t.encoding === "base64" ? "hex" : isObject ? "json" : "text";
  const [view, setView] = useState<View>();
  const now = view ?? usual;
  if (t.payload === null) return <p className="quiet">The value is {why(t.payload_state)}.</p>;
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div>
        <Segments
          label="Show the value as"
          value={now}
          onChange={setView}
          options={[
            { value: "text", label: "Text" },
            { value: "json", label: "JSON" },
            { value: "hex", label: "Hex" },
          ]}
        />
      </div>
      <pre className={`value ${now === "hex" ? "dump" : ""}`} tabIndex={0}>
        {now === "hex" && hex(bytesOf(t))}
        {now === "json" && (parsed ? <JSONText text={t.payload} /> : <span className="quiet">This is no JSON.</span>)}
        {now === "text" && <PlainText payload={t.payload} encoding={t.encoding} />}
      </pre>
      {t.payload_state === "part" && <span className="quiet small">Only the beginning of the value is kept.</span>}
    </div>
  );
}

function PlainText({ payload, encoding }: { payload: string; encoding: string | null }) {
  if (encoding === "base64") return <span className="quiet">These bytes are no text.</span>;
  if (payload === "") return <span className="quiet">An empty message.</span>;
  return <Text lines>{payload}</Text>;
}

function JSONText({ text }: { text: string }) {
  const parts = useMemo(() => pretty(text), [text]);
  if (text.length > mostColoured) return <Text lines>{parts.map((p) => p.text).join("")}</Text>;
  return parts.map((p, i) => (
    <span key={i} className={`json-${p.kind}`}>
      <Text lines>{p.text}</Text>
    </span>
  ));
}

const mostChanges = 12;
const mostShown = 200; // characters

export function Changes({ list }: { list: Change[] }) {
  const value = (text: string | undefined) =>
    text === undefined ? <span className="quiet">nothing</span> : <Text>{text.slice(0, mostShown)}</Text>;
  return (
    <div>
      <h3>Changed with the last message</h3>
      <ul className="changes mono">
        {list.slice(0, mostChanges).map((c) => (
          <li key={c.path}>
            {c.path && (
              <>
                <Text>{c.path}</Text>:{" "}
              </>
            )}
            <del>{value(c.before)}</del> → <ins>{value(c.after)}</ins>
          </li>
        ))}
        {list.length > mostChanges && <li className="quiet">and {list.length - mostChanges} more</li>}
      </ul>
    </div>
  );
}
