// One event with everything that is known of it, and where to go from there.
import { Fragment, type ReactNode } from "react";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { bytes, count, many, span } from "../ui/format";
import { Snippet } from "../ui/say";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { ClientLink, KindMark, What } from "./event-parts";
import { advise, checkFor, type Event } from "./words";

export function EventDetails({ event: e, onClose }: { event: Event; onClose: () => void }) {
  const advice = advise(e);
  const question = checkFor(e);
  const mayCheck = useMay("dynsec:read");
  return (
    <section className="panel event-details" aria-label="Details of the event">
      <div className="row apart">
        <h2>
          <KindMark event={e.event} />
        </h2>
        <Button look="plain" icon="close" aria-label="Close details" onClick={onClose} />
      </div>
      <p>
        <What event={e} />
      </p>
      {advice && <p className="quiet">{advice}</p>}
      <dl className="facts">
        {facts(e).map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {e.raw && (
        <div className="stack" style={{ gap: 4 }}>
          <h3>The broker's own line</h3>
          <Snippet text={e.raw} />
        </div>
      )}
      <div className="row">
        {(e.username || e.client_id) && (
          <ClientLink username={e.username} clientid={e.client_id}>
            Open the client
          </ClientLink>
        )}
        {question && mayCheck && (
          <Link to="/access" search={question}>
            Ask the access check why
          </Link>
        )}
        <Link to="/events" search={similar(e)}>
          Similar events
        </Link>
        {e.topic && (e.event === "publish" || e.event === "denied") && (
          <Link to="/topics" search={{ topic: e.topic }}>
            Open the topic
          </Link>
        )}
      </div>
    </section>
  );
}

// similar are events of the same kind about the same client, or else from the same address.
function similar(e: Event): Record<string, string | undefined> {
  if (e.client_id) return { event: e.event, client_id: e.client_id };
  if (e.username) return { event: e.event, username: e.username };
  return { event: e.event, address: e.address };
}

function facts(e: Event): [string, ReactNode][] {
  const mono = (text: string) => (
    <span className="mono">
      <Text>{text}</Text>
    </span>
  );
  const all: [string, ReactNode][] = [["Time", <Moment key="time" at={e.time} />]];
  if (e.until) all.push(["Until", <Moment key="until" at={e.until} />]);
  if (e.count > 1) all.push(["Stands for", many(e.count, "event")]);
  if (e.username !== undefined) all.push(["Username", e.username === "" ? "empty" : mono(e.username)]);
  if (e.client_id) all.push(["Client id", mono(e.client_id)]);
  if (e.address) all.push(["Address", mono(e.port ? `${e.address} port ${e.port}` : e.address)]);
  if (e.protocol) all.push(["MQTT", e.protocol]);
  if (e.keepalive_seconds !== undefined) {
    all.push(["Keepalive", e.keepalive_seconds === 0 ? "none" : span(e.keepalive_seconds)]);
  }
  if (e.clean_start !== undefined) all.push(["Clean start", e.clean_start ? "yes" : "no"]);
  if (e.reason) all.push(["Reason", mono(e.reason)]);
  if (e.topic) all.push([e.event === "control" ? "Command" : "Topic", mono(e.topic)]);
  if (e.qos !== undefined) all.push(["QoS", count(e.qos)]);
  if (e.granted_qos !== undefined) all.push(["Granted QoS", count(e.granted_qos)]);
  if (e.retain !== undefined) all.push(["Retained", e.retain ? "yes" : "no"]);
  if (e.size_bytes !== undefined) all.push([e.count > 1 ? "Size, all together" : "Size", bytes(e.size_bytes)]);
  all.push(["About whom", e.certainty === "certain" ? "the broker says so" : "concluded from the order of its log"]);
  all.push(["Number", count(e.id)]);
  return all;
}
