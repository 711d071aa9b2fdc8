// A new listener: a port, an address, what is spoken there, and how it is encrypted. It goes into the draft.
import { useState } from "react";
import { FormDialog } from "../ui/dialog";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Notice } from "../ui/say";
import { type Edit, scopeId } from "./draft";
import type { Definition } from "./state";
import { listenerScope } from "./words";

interface AddListenerProps {
  taken: string[];
  definitions: Definition[];
  onAdd: (edits: Edit[]) => void;
  onClose: () => void;
}

interface Fields {
  port: string;
  address: string;
  protocol: string;
  tls: boolean;
  certfile: string;
  keyfile: string;
  cafile: string;
  need: boolean;
}

// listenerEdits are the lines of a new listener.
export function listenerEdits(f: Fields): Edit[] {
  const address = f.address.trim();
  const scope = listenerScope(f.port.trim(), address);
  const set = (key: string, value: string): Edit => ({
    id: `${scope} ${key} 0`,
    change: { op: "set", scope, key, value: value.trim() },
  });
  const value = [f.port.trim(), address].filter(Boolean).join(" ");
  const edits: Edit[] = [{ id: scopeId(scope), change: { op: "add", scope: "global", key: "listener", value } }];
  if (f.protocol !== "mqtt") edits.push(set("protocol", f.protocol));
  if (f.tls) {
    edits.push(set("certfile", f.certfile), set("keyfile", f.keyfile));
    if (f.cafile.trim()) edits.push(set("cafile", f.cafile));
    if (f.need) edits.push(set("require_certificate", "true"));
  }
  return edits;
}

const loopback = /^(localhost|127\.|::1)/;

export function AddListener({ taken, definitions, onAdd, onClose }: AddListenerProps) {
  const [f, setF] = useState<Fields>({
    port: "8883",
    address: "",
    protocol: "mqtt",
    tls: true,
    certfile: "certs/server.crt",
    keyfile: "certs/server.key",
    cafile: "",
    need: false,
  });
  const set = (change: Partial<Fields>) => setF((now) => ({ ...now, ...change }));
  const port = Number(f.port);
  const numbered = /^\d+$/.test(f.port.trim()) && port >= 1 && port <= 65535;
  const spaced = /\s/.test(f.address.trim());
  const there = taken.includes(listenerScope(f.port.trim(), f.address.trim()));
  const protocols = definitions.find((d) => d.key === "protocol")?.values ?? ["mqtt", "websockets"];
  const without = f.tls && (!f.certfile.trim() || !f.keyfile.trim());
  return (
    <FormDialog
      title="Add a listener"
      about="A place where clients connect. It becomes a part of your changes; nothing is written before you have reviewed them."
      verb="Add to the changes"
      disabled={!numbered || spaced || there || without || (f.need && !f.cafile.trim())}
      onSubmit={async () => onAdd(listenerEdits(f))}
      onClose={onClose}
    >
      <div className="pair">
        <TextField
          label="Address"
          help="Empty for all addresses of this host."
          mono
          value={f.address}
          wrong={spaced ? "One address, without spaces." : undefined}
          onChange={(e) => set({ address: e.target.value })}
        />
        <TextField
          label="Port"
          inputMode="numeric"
          mono
          value={f.port}
          wrong={!numbered ? "From 1 to 65535." : there ? "There is such a listener already." : undefined}
          onChange={(e) => set({ port: e.target.value })}
        />
      </div>
      <SelectField label="Protocol" value={f.protocol} onChange={(e) => set({ protocol: e.target.value })}>
        {protocols.map((protocol) => (
          <option key={protocol} value={protocol}>
            {protocol === "mqtt" ? "mqtt" : protocol === "websockets" ? "websockets, for browsers" : protocol}
          </option>
        ))}
      </SelectField>
      <CheckField label="Encrypt with TLS" checked={f.tls} onChange={(e) => set({ tls: e.target.checked })} />
      {f.tls ? (
        <>
          <TextField
            label="Certificate file"
            help="PEM, on the broker's host; names are relative to the broker's folder."
            mono
            value={f.certfile}
            onChange={(e) => set({ certfile: e.target.value })}
          />
          <TextField
            label="Key file"
            help="PEM, without a passphrase, readable by the broker's user."
            mono
            value={f.keyfile}
            onChange={(e) => set({ keyfile: e.target.value })}
          />
          <CheckField
            label="Clients need a certificate too"
            checked={f.need}
            onChange={(e) => set({ need: e.target.checked })}
          />
          {f.need && (
            <TextField
              label="Authority file"
              help="Clients' certificates have to be signed by one of these."
              mono
              value={f.cafile}
              onChange={(e) => set({ cafile: e.target.value })}
            />
          )}
        </>
      ) : (
        !loopback.test(f.address.trim()) && (
          <Notice tone="warning">Without TLS, passwords and messages can be read by everybody on the way.</Notice>
        )
      )}
    </FormDialog>
  );
}
