// The page Certificates: TLS for devices, from the authority to the day on which the clear port is closed.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Authority } from "./authority";
import { InTheClear } from "./clear";
import { ClientCertificates } from "./clients";
import { Connect } from "./connect";
import { Listeners } from "./listeners";
import { OpenTLS } from "./open-tls";
import { Server } from "./server";
import { certsQuery } from "./state";

export function Page() {
  const mayWrite = useMay("config:write");
  const [opening, setOpening] = useState(false);
  const certs = useQuery(certsQuery);
  const c = certs.data;
  const may = mayWrite && c?.managed === true;
  const secure = c?.listeners.some((l) => l.tls && l.ours) ?? false;
  const open = may && (
    <Button look={secure ? undefined : "primary"} data-keys="new" onClick={() => setOpening(true)}>
      {secure ? "Open another port" : "Open a port for TLS"}
    </Button>
  );
  return (
    <div className="stack">
      <Heading title="Certificates" actions={open}>
        With TLS nobody on the way reads passwords and messages. Devices verify the broker with one file, the authority.
      </Heading>
      {certs.isPending && <Waiting what="the certificates" rows={6} />}
      {certs.isError && <ProblemNotice problem={certs.error} retry={() => void certs.refetch()} />}
      {c?.held && (
        <Notice tone="warning">
          <strong>A certificate that has changed is not served.</strong>
          <div>
            <Text>{c.held}</Text>
          </div>
        </Notice>
      )}
      {c && !c.managed && (
        <Notice>
          This broker is not BunkerM's own, so it is not given certificates. Its listeners' files are watched where{" "}
          <Link to="/about">they can be reached</Link>.
        </Notice>
      )}
      {c && !secure && c.managed && (
        <Notice>
          No listener uses a certificate of BunkerM's yet. A port for TLS is opened in one step: the certificate is
          made, the listener added, tried and proven.
        </Notice>
      )}
      {c && (
        <div className="columns">
          <div className="stack">
            <Listeners certs={c} mayWrite={may} />
            {secure && c.authorities.length > 0 && <Connect certs={c} />}
            <InTheClear certs={c} mayWrite={may} />
            <ClientCertificates certs={c} mayWrite={mayWrite} />
          </div>
          <div className="stack">
            {c.authorities.length > 0 && <Authority certs={c} mayWrite={mayWrite} />}
            {(c.server || c.given) && <Server certs={c} mayWrite={may} />}
          </div>
        </div>
      )}
      {opening && c && <OpenTLS certs={c} onClose={() => setOpening(false)} />}
    </div>
  );
}
