// Certificates of clients: who has one, making, revoking.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
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
  const [revoked, setRevoked] = useState<Schemas["Revocation"]>();
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
      {revoked && !revoked.sessions_ended && (
        <Notice tone="warning">
          Sessions of <Text>{revoked.username}</Text> that are open were not ended. {revoked.sessions_why_not}
        </Notice>
      )}
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
      {revoking && <Revoke certificate={revoking} onClose={() => setRevoking(undefined)} onRevoked={setRevoked} />}
    </section>
  );
}

interface Revoking {
  certificate: ClientCertificate;
  onClose: () => void;
  onRevoked: (r: Schemas["Revocation"]) => void;
}

function Revoke({ certificate, onClose, onRevoked }: Revoking) {
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
        const revoked = await take(
          api.POST("/certs/clients/{serial}/revoke", { params: { path: { serial: certificate.serial } } }),
        );
        await queries.invalidateQueries({ queryKey: certsKey });
        const whose = `The certificate of ${visible(certificate.username)} is revoked`;
        toast(revoked.sessions_ended ? `${whose}, and its sessions are ended.` : `${whose}.`);
        onRevoked(revoked);
      }}
    >
      <Notice tone="warning">
        The broker refuses it within seconds, and all{" "}
        <Link to="/sessions" search={{ username: certificate.username }}>
          sessions of <Text>{certificate.username}</Text>
        </Link>{" "}
        are ended; those with a password may come back. This cannot be undone; another certificate can be made.
      </Notice>
    </FormDialog>
  );
}
