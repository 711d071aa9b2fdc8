// One topic: its value as text, JSON or bytes, what changed with the last message, a chart of its numbers, and what can
// be done with it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { useChannel } from "../live/live";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { amount, bytes, count } from "../ui/format";
import { Badge, CopyButton, ProblemNotice, Waiting } from "../ui/say";
import { Segments } from "../ui/segments";
import { Text, visible } from "../ui/text";
import { Ago } from "../ui/time";
import { toast } from "../ui/toast";
import { bytesOf, type Change, changes, hex, json } from "./payload";
import { TopicChart, useSamples } from "./topic-chart";
import { type Topic, why } from "./topic-list";

type Message = Schemas["Topic"] & { time: string };
type View = "text" | "json" | "hex";

export function TopicValue({ topic, onPublish }: { topic: string; onPublish: () => void }) {
  const client = useQueryClient();
  const mayPublish = useMay("monitor:publish");
  const key = ["topic", topic];
  const { data, error, isPending, refetch } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const page = await take(api.GET("/monitor/topics", { params: { query: { prefix: topic, limit: 1 } }, signal }));
      return page.topics.find((t) => t.topic === topic) ?? null;
    },
    refetchInterval: 5_000,
  });
  const mayPublish = useMay("monitor:publish");
  const [changed, setChanged] = useState<Change[]>([]);
  const [samples, sample] = useSamples(topic);
  useChannel(
    /[#+]/.test(topic) ? null : `/monitor/watch?filter=${encodeURIComponent(topic)}`,
    ({ event, data: next }) => {
      if (event !== "message") return;
      const message = next as Message & { stored: boolean; retain: boolean };
      const old = client.getQueryData<Topic>(key);
      if (message.stored) return;
      if (old) {
        setChanged(changes(old, message));
        client.setQueryData<Topic>(key, {
          ...old,
          ...pick(message),
          retained: message.retain || old.retained,
          messages: old.messages + 1,
          last_seen: message.time,
        });
      }
      sample(message, Date.parse(message.time));
    },
  );

  if (error && data === undefined) return <ProblemNotice problem={error} retry={() => void refetch()} />;
  if (isPending) return <Waiting what="the topic" />;
  return (
    <section className="panel stack" aria-label="Topic">
      <div className="row apart" style={{ alignItems: "flex-start" }}>
        <h2 className="mono" style={{ fontSize: 14 }}>
          <Text>{topic}</Text>
        </h2>
        <CopyButton text={topic} label="Copy topic" />
      </div>
      {data === null ? (
        <p className="quiet">Nothing has been published here since BunkerM began to count.</p>
      ) : (
        <>
          <Figures topic={data} />
          <Value topic={data} />
          {changed.length > 0 && <Changes list={changed} />}
          <TopicChart topic={data} samples={samples} />
        </>
      )}
      <div className="row">
        {mayPublish && <Button onClick={onPublish}>Publish here</Button>}
        {data?.retained && <ClearRetained topic={data} />}
        <Link to="/events" search={{ event: "publish,subscribe,denied", tail: "on" }}>
          Who publishes
        </Link>
      </div>
    </section>
  );
}

// pick takes of a message what a topic shows of its last one.
function pick(m: Message): Partial<Topic> {
  const { payload, encoding, payload_state, size_bytes } = m;
  return { payload, encoding, payload_state, size_bytes };
}

function Figures({ topic: t }: { topic: Topic }) {
  return (
    <div className="row small">
      {t.retained && <Badge>retained</Badge>}
      <span className="number">{bytes(t.size_bytes)}</span>
      <span className="number">{amount(t.rate)} per second</span>
      <span className="number">{count(t.messages)} messages</span>
      <span>
        last <Ago at={t.last_seen} />
      </span>
    </div>
  );
}

function Value({ topic: t }: { topic: Topic }) {
  const parsed = json(t);
  const isObject = parsed !== undefined && typeof parsed.value === "object" && parsed.value !== null;
  const usual: View = t.encoding === "base64" ? "hex" : isObject ? "json" : "text";
  const [view, setView] = useState<View>();
  const now = view ?? usual;
  if (t.payload === null) return <p className="quiet">The value is {why(t.payload_state)}.</p>;
  return (
    <div className="stack" style={{ gap: 6 }}>
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
      <pre className="value" tabIndex={0}>
        {now === "hex" && hex(bytesOf(t))}
        {now === "json" &&
          (parsed ? (
            <Text lines>{JSON.stringify(parsed.value, null, 2)}</Text>
          ) : (
            <span className="quiet">This is no JSON.</span>
          ))}
        {now === "text" &&
          (t.encoding === "base64" ? (
            <span className="quiet">These bytes are no text.</span>
          ) : (
            <Text lines>{t.payload}</Text>
          ))}
      </pre>
      {t.payload_state === "part" && <span className="quiet small">Only the beginning of the value is kept.</span>}
    </div>
  );
}

function Changes({ list }: { list: Change[] }) {
  return (
    <div>
      <h3>Changed with the last message</h3>
      <ul className="changes mono">
        {list.slice(0, 12).map((c) => (
          <li key={c.path}>
            {c.path && (
              <>
                <Text>{c.path}</Text>:{" "}
              </>
            )}
            <del>
              <Text>{(c.before ?? "nothing").slice(0, 200)}</Text>
            </del>{" "}
            →{" "}
            <ins>
              <Text>{(c.after ?? "nothing").slice(0, 200)}</Text>
            </ins>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ClearRetained({ topic: t }: { topic: Topic }) {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  if (!useMay("monitor:publish")) return null;
  const clear = async () => {
    await api.DELETE("/monitor/topics/retained", { params: { query: { topic: t.topic } } });
    const { payload, encoding } = t;
    const undo =
      t.payload_state === "whole" && payload !== null
        ? () =>
            api.POST("/monitor/publish", {
              body: {
                topic: t.topic,
                payload,
                encoding: encoding === "base64" ? "base64" : "utf8",
                retain: true,
                qos: 1,
              },
            })
        : undefined;
    toast(`The retained message of ${visible(t.topic)} is gone.`, undo);
    void client.invalidateQueries({ queryKey: ["topic", t.topic] });
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Clear retained…</Button>
      {open && (
        <FormDialog
          title="Clear the retained message?"
          about={
            <>
              Whoever subscribes to{" "}
              <span className="mono">
                <Text>{t.topic}</Text>
              </span>{" "}
              later gets nothing until somebody publishes again. Those who are subscribed now receive an empty message.
            </>
          }
          verb="Clear"
          danger
          onClose={() => setOpen(false)}
          onSubmit={clear}
        />
      )}
    </>
  );
}
