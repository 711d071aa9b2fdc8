// Who still speaks in the clear: the list that has to be empty before the clear port can be closed.
import { Link } from "../frame/link";
import { many } from "../ui/format";
import { Badge, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { inTheClear } from "./lines";
import { type Certificates, type Session, useSessions } from "./state";

const named = 20; // devices that are named; the others are counted

export function InTheClear({ certs, mayWrite }: { certs: Certificates; mayWrite: boolean }) {
  const sessions = useSessions();
  const open = certs.listeners.filter((l) => !l.tls);
  if (certs.listeners.length === 0) return null;
  return (
    <section className="panel stack" aria-labelledby="in-the-clear">
      <h2 id="in-the-clear">In the clear</h2>
      {open.length === 0 && <p>Every port of the broker speaks TLS.</p>}
      {open.length > 0 && !sessions && <Waiting what="the sessions" />}
      {open.length > 0 && sessions && !sessions.known && <p>Who is connected is not known.</p>}
      {open.length > 0 && sessions?.known && (
        <Who sessions={sessions.all} more={sessions.more} certs={certs} mayWrite={mayWrite} />
      )}
    </section>
  );
}

interface WhoProps {
  sessions: Session[];
  more: boolean;
  certs: Certificates;
  mayWrite: boolean;
}

function Who({ sessions, more, certs, mayWrite }: WhoProps) {
  const { clear, unsure } = inTheClear(sessions, certs.listeners);
  const secured = certs.listeners.some((l) => l.tls);
  const all = [...clear, ...unsure];
  return (
    <>
      <p>
        {all.length === 0 ? (
          <>
            <Badge tone="good">nobody</Badge>{" "}
            {sessions.length === 0
              ? "Nobody is connected, so none speaks in the clear."
              : `Of ${many(sessions.length, "session")}, none speaks in the clear.`}
            {secured && mayWrite && " The clear port can be closed, above."}
          </>
        ) : (
          <>
            <Badge tone="warning">{many(all.length, "session")}</Badge> of {many(sessions.length, "session")}{" "}
            {clear.length === 1 && unsure.length === 0 ? "speaks" : "speak"} in the clear
            {unsure.length > 0 && `; of ${unsure.length} the broker's log does not tell`}.
          </>
        )}
        {more && " Only the first thousand sessions were looked at."}
      </p>
      {all.length > 0 && (
        <ul className="things tight who-clear" aria-label="Who speaks in the clear">
          {all.slice(0, named).map((s) => (
            <li key={s.clientid}>
              <div>
                {s.username ? (
                  <Link to="/clients/$id" params={{ id: s.username }}>
                    <Text>{s.username}</Text>
                  </Link>
                ) : (
                  "anonymous"
                )}{" "}
                <span className="quiet mono">
                  <Text>{s.clientid}</Text>
                </span>
              </div>
              <span className="quiet small">
                {s.address && <Text>{s.address}</Text>}
                {s.listener ? ` on ${s.listener}` : " on an unknown port"}
              </span>
            </li>
          ))}
        </ul>
      )}
      {all.length > named && (
        <p className="quiet">
          and {all.length - named} more on <Link to="/sessions">Sessions</Link>
        </p>
      )}
    </>
  );
}
