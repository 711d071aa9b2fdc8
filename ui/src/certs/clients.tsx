// Certificates of clients: who has one, making, revoking.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { Link } from "../frame/link";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Badge, Notice } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Ago, Until } from "../ui/time";
import { toast } from "../ui/toast";
import { MakeClient } from "./make-client";
import { type Certificates, type ClientCertificate, certsKey } from "./state";

export function ClientCertificates({ certs, mayWrite }: { certs: Certificates; mayWrite: boolean }) {
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ClientCertificate>();
  const port = certs.listeners.find((l) => l.client_certificates)?.name;
  return (
    <section className="panel stack" aria-labelledby="client-certificates">
      <div className="row apart">
        <h2 id="client-certificates">Client certificates</h2>
        {mayWrite && <Button onClick={() => setMaking(true)}>Make a certificate</Button>}
      </div>
      <p className="quiet">
        {port
          ? `On port ${port} they take the place of a password: the common name is the username.`
          : "They take the place of a password, on a port for clients with certificates. There is none yet."}{" "}
        Disabling a client does not keep its certificate out; revoking does.
      </p>
      {certs.clients.length === 0 && <p>There is none yet.</p>}
      {certs.clients.length > 0 && (
        <ul className="things" aria-label="Client certificates">
          {certs.clients.map((c) => (
            <li key={c.serial}>
              <div>
                <div className="row">
                  <Link to="/clients/$id" params={{ id: c.username }}>
                    <Text>{c.username}</Text>
                  </Link>
                  {c.revoked_at ? (
                    <Badge tone="bad">revoked</Badge>
                  ) : (
                    Date.parse(c.not_after) < Date.now() && <Badge tone="warning">expired</Badge>
                  )}
                </div>
                <div className="quiet small">
                  {c.revoked_at ? (
                    <>
                      revoked <Ago at={c.revoked_at} />
                      {c.revoked_by && (
                        <>
                          {" "}
                          by <Text>{c.revoked_by}</Text>
                        </>
                      )}
                    </>
                  ) : (
                    <>
                      ends <Until at={c.not_after} />
                    </>
                  )}
                  , serial <span className="mono">{c.serial.slice(0, 8)}…</span>
                </div>
              </div>
              {mayWrite && !c.revoked_at && (
                <Button
                  look="danger"
                  aria-label={`Revoke the certificate of ${visible(c.username)}`}
                  onClick={() => setRevoking(c)}
                >
                  Revoke
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {making && <MakeClient onClose={() => setMaking(false)} />}
      {revoking && <Revoke certificate={revoking} onClose={() => setRevoking(undefined)} />}
    </section>
  );
}

function Revoke({ certificate, onClose }: { certificate: ClientCertificate; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <FormDialog
      title={
        <>
          Revoke the certificate of <Text>{certificate.username}</Text>
        </>
      }
      verb="Revoke"
      danger
      onClose={onClose}
      onSubmit={async () => {
        await take(api.POST("/certs/clients/{serial}/revoke", { params: { path: { serial: certificate.serial } } }));
        await queries.invalidateQueries({ queryKey: certsKey });
        toast(`The certificate of ${visible(certificate.username)} is revoked.`);
      }}
    >
      <Notice tone="warning">
        The broker refuses it from its next connection on, within seconds. One that is open stays: end it on{" "}
        <Link to="/sessions" search={{ username: certificate.username }}>
          Sessions
        </Link>
        . This cannot be undone; another certificate can be made.
      </Notice>
    </FormDialog>
  );
}
