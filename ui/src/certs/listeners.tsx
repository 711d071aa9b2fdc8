// The broker's listeners: which speak TLS, with which certificate, for how long, and what is wrong with it.
import { many } from "../ui/format";
import { Badge, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { Close } from "./close";
import type { Certificates, Listener } from "./state";

export function DaysLeft({ days }: { days: number }) {
  if (days < 0) return <Badge tone="bad">expired</Badge>;
  const text = `${many(days, "day")} left`;
  return days < 21 ? <Badge tone="warning">{text}</Badge> : <span className="number">{text}</span>;
}

function kindOf(l: Listener): string {
  const kind = l.protocol === "websockets" ? "websockets" : "MQTT";
  if (!l.tls) return `${kind}, in the clear`;
  return l.client_certificates ? `${kind} over TLS, for clients with a certificate` : `${kind} over TLS`;
}

export function Listeners({ certs, mayWrite }: { certs: Certificates; mayWrite: boolean }) {
  return (
    <section className="panel stack">
      <h2>Listeners</h2>
      {certs.listeners_why_not && <p>{sentence(certs.listeners_why_not)}</p>}
      {certs.listeners.length === 0 && !certs.listeners_why_not && <p>They cannot be seen from here.</p>}
      {certs.listeners.length > 0 && (
        <ul className="things" aria-label="Listeners">
          {certs.listeners.map((l) => (
            <li key={l.name}>
              <div className="stack" style={{ gap: 4 }}>
                <div className="row">
                  <strong className="mono">
                    <Text>{l.name}</Text>
                  </strong>
                  <span>{kindOf(l)}</span>
                  {l.tls ? <Badge tone="good">TLS</Badge> : <Badge tone="warning">clear</Badge>}
                </div>
                {l.tls && (
                  <div className="quiet small">
                    {l.ours ? "BunkerM's certificate" : <Text>{l.file ?? "no certificate"}</Text>}
                    {l.certificate && (
                      <>
                        , <DaysLeft days={l.certificate.days_left} />
                      </>
                    )}
                  </div>
                )}
                {l.problems.map((p) => (
                  <div key={p.code} className="small">
                    <Badge tone={p.code === "wrong_name" || p.code === "expires_soon" ? "warning" : "bad"}>
                      <Text>{sentence(p.message)}</Text>
                    </Badge>
                    {p.hint && (
                      <div className="quiet">
                        <Text>{sentence(p.hint)}</Text>
                      </div>
                    )}
                  </div>
                ))}
              </div>
              {mayWrite && !l.tls && certs.listeners.some((other) => other.tls) && <Close listener={l} certs={certs} />}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
