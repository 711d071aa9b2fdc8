// The authority: what devices are given, how to compare it, and how it is renewed without cutting anybody off.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { address, api, take } from "../api/client";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { many } from "../ui/format";
import { CopyButton, Notice } from "../ui/say";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { toast } from "../ui/toast";
import { NamesDialog } from "./names-dialog";
import { type Certificates, certsKey } from "./state";

export function Authority({ certs, mayWrite }: { certs: Certificates; mayWrite: boolean }) {
  const [act, setAct] = useState<"renew" | "drop" | "qr">();
  const [present, ...former] = certs.authorities;
  if (!present) return null;
  return (
    <section className="panel stack" aria-labelledby="authority">
      <h2 id="authority">Authority</h2>
      <dl className="facts">
        <dt>Name</dt>
        <dd>
          <Text>{present.subject}</Text>
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <code className="mono">{present.fingerprint}</code>
          <div className="quiet small">SHA-256. Compare it with what a device shows.</div>
        </dd>
        <dt>Until</dt>
        <dd>
          <Moment at={present.not_after} />
        </dd>
        <dt>May sign for</dt>
        <dd className="small">
          <details>
            <summary>names and addresses of this network, and nothing of the Internet's</summary>
            <span className="mono">
              <Text>{present.permitted.join(", ")}</Text>
            </span>
          </details>
        </dd>
      </dl>
      <div className="row">
        <a className="button primary" href={address("api/certs/authority/pem")} download="ca.pem">
          Download ca.pem
        </a>
        <CopyButton text={present.fingerprint} label="Copy fingerprint" />
        <Button aria-expanded={act === "qr"} onClick={() => setAct(act === "qr" ? undefined : "qr")}>
          {act === "qr" ? "Hide QR code" : "Show QR code"}
        </Button>
      </div>
      {act === "qr" && (
        <figure className="qr">
          <img src={address("api/certs/authority/qr")} alt="The authority's certificate as a QR code" />
          <figcaption className="quiet small">
            The certificate itself as text (PEM). A phone that reads it needs no network for that.
          </figcaption>
        </figure>
      )}
      {former.length > 0 && (
        <Notice>
          {many(former.length, "former authority", "former authorities")} still{" "}
          {former.length === 1 ? "counts" : "count"}: devices that know only{" "}
          {former.length === 1 ? "that one" : "those"} go on. ca.pem has all of them. Drop{" "}
          {former.length === 1 ? "it" : "them"} when every device has the new file.
        </Notice>
      )}
      {mayWrite && (
        <div className="row">
          <Button onClick={() => setAct("renew")}>Renew</Button>
          {former.length > 0 && (
            <Button look="danger" onClick={() => setAct("drop")}>
              Drop former authorities
            </Button>
          )}
        </div>
      )}
      {act === "renew" && <Renew onClose={() => setAct(undefined)} />}
      {act === "drop" && <Drop onClose={() => setAct(undefined)} />}
    </section>
  );
}

function Renew({ onClose }: { onClose: () => void }) {
  return (
    <NamesDialog
      title="Renew the authority"
      about="Another authority is made, and signs from now on. Devices that know the present one go on, and their certificates count until you drop it."
      verb="Renew"
      label="Names that it may sign for as well"
      help="Host names of the Internet, as in mqtt.example.org. May be empty."
      done="The authority is renewed. Give devices the new ca.pem."
      make={(names) => take(api.POST("/certs/authority/renew", { body: { names } }))}
      onClose={onClose}
    />
  );
}

function Drop({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <FormDialog
      title="Drop former authorities"
      verb="Drop"
      danger
      onClose={onClose}
      onSubmit={async () => {
        await take(api.DELETE("/certs/authority/former"));
        await queries.invalidateQueries({ queryKey: certsKey });
        toast("Only the present authority counts.");
      }}
    >
      <Notice tone="warning">
        Devices that have only the old file refuse the broker from their next connection on, and client certificates of
        the old authority are not let in. This cannot be undone.
      </Notice>
    </FormDialog>
  );
}
