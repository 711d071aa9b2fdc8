// Whether a client is here: its sessions now, from where and since when.
import { Marks } from "../monitor/sessions-columns";
import { many, span } from "../ui/format";
import { Badge, Notice, ProblemNotice, sentence, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import type { Session, useSessions } from "./load";

const mostShown = 10;

export function IsItHere({ sessions }: { sessions: ReturnType<typeof useSessions> }) {
  const { data } = sessions;
  return (
    <section className="panel">
      <h2>Is it here</h2>
      {sessions.isError && <ProblemNotice problem={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.isLoading && <Waiting what="its sessions" />}
      {data && !data.known && (
        <Notice tone="warning">
          <div>Nobody can say yet who is connected. {data.hint && sentence(data.hint)}</div>
        </Notice>
      )}
      {data?.known && data.clients.length === 0 && (
        <p>
          <Badge>not connected</Badge>
        </p>
      )}
      {data && data.clients.length > 0 && (
        <div className="stack">
          <p>
            <Badge tone="good">connected</Badge> {data.clients.length > 1 && many(data.clients.length, "session")}
          </p>
          {data.clients.slice(0, mostShown).map((s) => (
            <OneSession key={`${s.clientid} ${s.connected_at} ${s.port}`} session={s} />
          ))}
          {data.clients.length > mostShown && <p className="quiet">And {data.clients.length - mostShown} more.</p>}
        </div>
      )}
    </section>
  );
}

function OneSession({ session: s }: { session: Session }) {
  return (
    <div>
      <div className="row">
        <span className="mono">
          <Text>{s.clientid}</Text>
        </span>
        <span>
          since <Ago at={s.connected_at} />
        </span>
        <Marks session={s} />
      </div>
      <div className="quiet small">
        {s.address ? (
          <>
            from{" "}
            <span className="mono">
              <Text>{s.address}</Text>
            </span>
          </>
        ) : (
          "from nobody knows where"
        )}
        {`, MQTT ${s.protocol}`}
        {s.tls ? `, ${s.tls}` : ", no TLS"}
        {s.listener && `, port ${s.listener}`}
        {`, keepalive ${s.keepalive_seconds === 0 ? "none" : span(s.keepalive_seconds)}`}
        {s.subscriptions !== null && `, ${many(s.subscriptions, "subscription")}`}
        {!s.clean_start && ", goes on with its stored session"}
      </div>
    </div>
  );
}
