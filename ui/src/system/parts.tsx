// How every part is, in one word, with what to do where one is not well.
import type { Schemas } from "../api/client";
import { Badge, sentence, type Tone } from "../ui/say";
import { Text } from "../ui/text";

type Part = Schemas["PartFacts"];

const names: Record<string, string> = {
  broker: "Broker process",
  broker_session: "Control of the broker",
  dynsec: "Clients, roles and groups",
  database: "Database",
  observation: "Observation of messages",
  clientlogs: "Recording of events",
  audit: "Audit",
};

// toneOf tells how bad it is: something may work although it has something to say.
function toneOf(part: Part): Tone {
  if (!part.ready) return "bad";
  return part.detail ? "warning" : "good";
}

export function Parts({ parts }: { parts: Part[] }) {
  return (
    <section className="panel">
      <h2>Health</h2>
      <ul className="things">
        {parts.map((part) => (
          <li key={part.name}>
            <div>
              {names[part.name] ?? part.name.replaceAll("_", " ")}
              {part.detail && (
                <div className="small">
                  <Text>{sentence(part.detail)}</Text>
                </div>
              )}
              {part.hint && (
                <div className="quiet small">
                  <Text>{sentence(part.hint)}</Text>
                </div>
              )}
            </div>
            <Badge tone={toneOf(part)}>{part.state.replaceAll("_", " ")}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
