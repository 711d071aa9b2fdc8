// The server's certificate: what it is for, how long it holds, and what this host is called besides.
import { useState } from "react";
import { api, take } from "../api/client";
import { Button } from "../ui/button";
import { Badge, Notice, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { Moment, Until } from "../ui/time";
import { DaysLeft } from "./listeners";
import { NamesDialog } from "./names-dialog";
import type { Certificates } from "./state";

export function Server({ certs, mayWrite }: { certs: Certificates; mayWrite: boolean }) {
  const [making, setMaking] = useState(false);
  if (certs.given) return <Given certs={certs} />;
  const server = certs.server;
  if (!server) return null;
  return (
    <section className="panel stack" aria-labelledby="server">
      <div className="row apart">
        <h2 id="server">Server certificate</h2>
        {mayWrite && <Button onClick={() => setMaking(true)}>Make anew</Button>}
      </div>
      <dl className="facts">
        <dt>For</dt>
        <dd className="mono">
          <Text>{server.names.join(", ")}</Text>
        </dd>
        <dt>Until</dt>
        <dd>
          <Moment at={server.not_after} />, <DaysLeft days={server.days_left} />
        </dd>
        <dt>Renewed</dt>
        <dd>
          by itself <Until at={server.renews_at} />
        </dd>
      </dl>
      {server.missing.length > 0 && (
        <Notice tone="warning">
          <div>
            This host is also called{" "}
            <span className="mono">
              <Text>{server.missing.join(", ")}</Text>
            </span>
            , for which the certificate is not. Make it anew; for names of the Internet renew the authority with them.
          </div>
        </Notice>
      )}
      {making && <MakeAnew onClose={() => setMaking(false)} />}
    </section>
  );
}

function MakeAnew({ onClose }: { onClose: () => void }) {
  return (
    <NamesDialog
      title="Make the server certificate anew"
      about="For the names and addresses of this host, those that were named before, and these. It is served within a minute; only websockets of Mosquitto 2.0 need a restart for that, which then happens by itself."
      verb="Make"
      label="More names"
      help="Host names and addresses by which devices reach this broker besides. May be empty."
      done="The server certificate is made anew."
      make={(names) => take(api.POST("/certs/server", { body: { names } }))}
      onClose={onClose}
    />
  );
}

function Given({ certs }: { certs: Certificates }) {
  const given = certs.given;
  if (!given) return null;
  return (
    <section className="panel stack" aria-labelledby="server">
      <h2 id="server">Server certificate</h2>
      <p>
        It is made by somebody else: <code>--mqtt-cert</code>{" "}
        <span className="mono">
          <Text>{given.file}</Text>
        </span>
        . A copy goes to the broker whenever it changes.
      </p>
      {given.not_after && (
        <p>
          What is served holds until <Moment at={given.not_after} />.
        </p>
      )}
      {!given.serves && <Badge tone="bad">The broker has none that works</Badge>}
      {given.problems.map((p) => (
        <Notice key={p.code} tone={p.code === "wrong_name" || p.code === "expires_soon" ? "warning" : "bad"}>
          <div>
            <Text>{sentence(p.message)}</Text>
          </div>
          {p.hint && (
            <div>
              <Text>{sentence(p.hint)}</Text>
            </div>
          )}
        </Notice>
      ))}
    </section>
  );
}
