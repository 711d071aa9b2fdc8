// What the list of sessions shows of each.
import { ClientLink } from "../clientlogs/event-parts";
import { count, span } from "../ui/format";
import { Badge } from "../ui/say";
import type { Column } from "../ui/table";
import { Text, visible } from "../ui/text";
import { Ago } from "../ui/time";
import type { Session } from "./sessions-changes";

// Listed is a session, and when it ended if it has since the list was loaded.
export interface Listed extends Session {
  ended?: string | undefined;
}

function Mono({ children }: { children: string }) {
  return (
    <span className="mono">
      <Text>{children}</Text>
    </span>
  );
}

const unknown = (why: string) => (
  <span className="quiet" title={why}>
    unknown
  </span>
);

export function Marks({ session: s }: { session: Listed }) {
  if (!s.own && !s.bridge && !s.unsure) return null;
  return (
    <span className="row" style={{ gap: 4, flexWrap: "nowrap" }}>
      {s.own && <Badge title="One of BunkerM's own sessions">own</Badge>}
      {s.bridge && <Badge title="Another broker that forwards messages">bridge</Badge>}
      {s.unsure && (
        <Badge
          tone="warning"
          title="It may have ended: lines of the broker's log were lost since it began, or the broker counts another number of connections of this user"
        >
          unsure
        </Badge>
      )}
    </span>
  );
}

export const columns: Column<Listed>[] = [
  {
    id: "clientid",
    title: "Client id",
    width: "minmax(160px, 2fr)",
    cell: (s) => (
      <span className="row">
        <Marks session={s} />
        <ClientLink username={s.username} clientid={s.clientid}>
          <Mono>{s.clientid}</Mono>
        </ClientLink>
      </span>
    ),
  },
  {
    id: "username",
    title: "Username",
    width: "minmax(100px, 1fr)",
    cell: (s) => (s.username === null ? <span className="quiet">anonymous</span> : <Mono>{s.username}</Mono>),
  },
  {
    id: "address",
    title: "Address",
    width: "minmax(135px, 1fr)",
    cell: (s) =>
      s.address === null ? (
        unknown("The broker does not tell")
      ) : (
        <Mono>{s.port === null || s.port === 0 ? s.address : `${s.address} · ${s.port}`}</Mono>
      ),
  },
  {
    id: "since",
    title: "Connected",
    width: "130px",
    cell: (s) =>
      s.ended === undefined ? (
        <Ago at={s.connected_at} />
      ) : (
        <span title="Since the list was loaded">
          ended <Ago at={s.ended} />
        </span>
      ),
  },
  {
    id: "subscriptions",
    title: "Subscriptions",
    width: "112px",
    end: true,
    cell: (s) =>
      s.subscriptions === null
        ? unknown("It is older than the log, and may have brought some with it")
        : count(s.subscriptions),
  },
  { id: "protocol", title: "MQTT", width: "65px", cell: (s) => s.protocol },
  {
    id: "keepalive",
    title: "Keepalive",
    width: "90px",
    end: true,
    cell: (s) => (s.keepalive_seconds === 0 ? "none" : span(s.keepalive_seconds)),
  },
  {
    id: "listener",
    title: "Listener",
    width: "minmax(100px, 0.7fr)",
    cell: (s) => (
      <span title={s.tls === null ? "Without TLS, as far as the broker tells" : visible(s.tls)}>
        {s.listener ?? "unknown"}
        {s.tls !== null && (
          <>
            {", "}
            <Text>{s.tls}</Text>
          </>
        )}
      </span>
    ),
  },
  {
    id: "clean",
    title: "Clean start",
    width: "100px",
    hidden: true,
    cell: (s) =>
      s.clean_start ? "yes" : <span title="It goes on with what was stored of an earlier session">no</span>,
  },
];
