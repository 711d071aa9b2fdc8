// One topic: its value, what changed with the last message, a chart of its numbers, and what can be done with it.
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { bytes, many } from "../ui/format";
import { Badge, CopyButton, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { ClearRetained } from "./clear-retained";
import { TopicChart } from "./topic-chart";
import { rate, type Topic } from "./topic-list";
import { useTopic } from "./topic-live";
import { Changes, Value } from "./topic-payload";
import { Publisher } from "./topic-publisher";

interface TopicValueProps {
  topic: string;
  onPublish: () => void;
  onClose: () => void;
}

export function TopicValue({ topic: name, onPublish, onClose }: TopicValueProps) {
  const { topic, changed, samples, problem, retry } = useTopic(name);
  const mayPublish = useMay("monitor:publish");
  const mayEvents = useMay("clientlogs:read");
  if (problem) return <ProblemNotice problem={problem} retry={retry} />;
  if (topic === undefined) return <Waiting what="the topic" />;
  return (
    <section className="panel stack" aria-label="Topic">
      <div className="row apart topic-head">
        <h2 className="mono">
          <Text>{name}</Text>
        </h2>
        <div className="row">
          <CopyButton text={name} label="Copy topic" />
          <Button look="plain" icon="close" aria-label="Close the topic" onClick={onClose} />
        </div>
      </div>
      {topic === null ? (
        <p className="quiet">
          Nothing is known of this topic: nothing was published on it since BunkerM began to count, or it had to make
          room for others.
        </p>
      ) : (
        <>
          <Figures topic={topic} />
          <Value topic={topic} />
          {changed.length > 0 && <Changes list={changed} />}
          <TopicChart topic={topic} samples={samples} />
        </>
      )}
      {mayEvents && topic && <Publisher topic={name} />}
      {mayPublish && (
        <div className="row">
          <Button onClick={onPublish}>Publish here</Button>
          {topic?.retained && <ClearRetained topic={topic} />}
        </div>
      )}
    </section>
  );
}

function Figures({ topic: t }: { topic: Topic }) {
  return (
    <div className="row small">
      {t.retained && <Badge title="The broker keeps this message for those who subscribe later">retained</Badge>}
      <span className="number">{bytes(t.size_bytes)}</span>
      {t.qos !== null && <span>QoS {t.qos}</span>}
      <span className="number">{rate(t.rate)} per second</span>
      <span className="number">{many(t.messages, "message")}</span>
      <span>
        {t.last_seen ? (
          <>
            last <Ago at={t.last_seen} />
          </>
        ) : (
          "published before BunkerM began to count"
        )}
      </span>
    </div>
  );
}
