// How an event looks wherever it is shown: its kind, who it is about, and what happened.
import type { ReactNode } from "react";
import { Link } from "../frame/link";
import { Icon } from "../ui/icon";
import { Badge } from "../ui/say";
import { Text } from "../ui/text";
import { Ago, Moment } from "../ui/time";
import { type Event, kindOf, tell } from "./words";

export function KindMark({ event }: { event: string }) {
  const kind = kindOf(event);
  if (kind.tone && kind.icon === kind.tone) return <Badge tone={kind.tone}>{kind.title}</Badge>;
  return (
    <span className={`badge ${kind.tone ?? ""}`}>
      <Icon name={kind.icon} size={13} />
      {kind.title}
    </span>
  );
}

// What is the sentence of an event.
export function What({ event }: { event: Event }) {
  const { before, name, after } = tell(event);
  return (
    <>
      {before}
      {name !== undefined && (
        <span className="mono">
          <Text>{name}</Text>
        </span>
      )}
      {after}
      {event.count > 1 && event.until && (
        <>
          {" "}
          until <Moment at={event.until} />
        </>
      )}
      {event.certainty === "paired" && (
        <span className="quiet" title="The broker did not say whom this is about: concluded from the order of its log">
          {" "}
          (probably)
        </span>
      )}
    </>
  );
}

// ClientLink leads to a client's page: by its username where it has one, else by its client id.
export function ClientLink({
  username,
  clientid,
  children,
}: {
  username?: string | null | undefined;
  clientid?: string | undefined;
  children?: ReactNode;
}) {
  if (username) {
    return (
      <Link to="/clients/$id" params={{ id: username }}>
        {children ?? <Text>{username}</Text>}
      </Link>
    );
  }
  if (!clientid) return <span className="quiet">not known</span>;
  return (
    <Link to="/clients/$id" params={{ id: clientid }} search={{ by: "clientid" }}>
      {children ?? <Text>{clientid}</Text>}
    </Link>
  );
}

// Who is the client of an event: its username, and its client id behind it.
export function Who({ event }: { event: Event }) {
  if (event.event === "recording") return <span className="quiet">BunkerM</span>;
  return (
    <>
      <ClientLink username={event.username} clientid={event.client_id} />
      {event.username && event.client_id && (
        <span className="quiet mono">
          {" "}
          <Text>{event.client_id}</Text>
        </span>
      )}
      {event.own && <span className="quiet"> BunkerM's own</span>}
    </>
  );
}

// EventLines are a few events below each other, each with its sentence.
export function EventLines({ events, who = false }: { events: Event[]; who?: boolean }) {
  return (
    <ol className="event-lines">
      {events.map((e) => (
        <li key={e.id}>
          <KindMark event={e.event} />
          <span>
            {who && (
              <>
                <Who event={e} />{" "}
              </>
            )}
            <What event={e} />
          </span>
          <span className="quiet small">
            <Ago at={e.time} />
          </span>
        </li>
      ))}
    </ol>
  );
}
