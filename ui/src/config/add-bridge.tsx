// A new bridge: a connection to another broker, and which topics go over it. It goes into the draft.
import { useState } from "react";
import { FormDialog } from "../ui/dialog";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Notice } from "../ui/say";
import { type Edit, scopeId } from "./draft";

interface Fields {
  name: string;
  address: string;
  topic: string;
  direction: string;
  username: string;
  password: string;
  tls: boolean;
  cafile: string;
}

// bridgeEdits are the lines of a new bridge.
export function bridgeEdits(f: Fields): Edit[] {
  const scope = `bridge:${f.name.trim()}`;
  const set = (key: string, value: string, op: "set" | "add" = "set"): Edit => ({
    id: `${scope} ${key} 0`,
    change: { op, scope, key, value },
  });
  const edits: Edit[] = [
    { id: scopeId(scope), change: { op: "add", scope: "global", key: "connection", value: f.name.trim() } },
    set("address", f.address.trim()),
    set("topic", `${f.topic.trim()} ${f.direction} 0`, "add"),
  ];
  if (f.username.trim()) edits.push(set("remote_username", f.username.trim()));
  if (f.password) edits.push(set("remote_password", f.password));
  if (f.tls) edits.push(set("bridge_cafile", f.cafile.trim()));
  return edits;
}

const word = /^[^\s]+$/;

export function AddBridge({
  taken,
  onAdd,
  onClose,
}: {
  taken: string[];
  onAdd: (edits: Edit[]) => void;
  onClose: () => void;
}) {
  const [f, setF] = useState<Fields>({
    name: "",
    address: "",
    topic: "#",
    direction: "both",
    username: "",
    password: "",
    tls: true,
    cafile: "certs/remote-ca.crt",
  });
  const set = (change: Partial<Fields>) => setF((now) => ({ ...now, ...change }));
  const there = taken.includes(`bridge:${f.name.trim()}`);
  const fine =
    [f.name, f.address, f.topic].every((text) => word.test(text.trim())) && (!f.tls || word.test(f.cafile.trim()));
  return (
    <FormDialog
      title="Add a bridge"
      about="A connection to another broker. It becomes a part of your changes; nothing is written before you have reviewed them."
      verb="Add to the changes"
      disabled={!fine || there}
      onSubmit={async () => onAdd(bridgeEdits(f))}
      onClose={onClose}
    >
      <TextField
        label="Name"
        mono
        value={f.name}
        wrong={there ? "There is such a bridge already." : undefined}
        onChange={(e) => set({ name: e.target.value })}
      />
      <TextField
        label="The other broker"
        help="host or host:port."
        mono
        placeholder="broker.example.com:8883"
        value={f.address}
        onChange={(e) => set({ address: e.target.value })}
      />
      <div className="pair">
        <TextField
          label="Topics"
          help="A filter; more can be added in the form."
          mono
          value={f.topic}
          onChange={(e) => set({ topic: e.target.value })}
        />
        <SelectField label="Direction" value={f.direction} onChange={(e) => set({ direction: e.target.value })}>
          <option value="both">both</option>
          <option value="out">out, to there</option>
          <option value="in">in, from there</option>
        </SelectField>
      </div>
      <div className="pair">
        <TextField label="Username there" value={f.username} onChange={(e) => set({ username: e.target.value })} />
        <TextField
          label="Password there"
          type="password"
          autoComplete="new-password"
          value={f.password}
          onChange={(e) => set({ password: e.target.value })}
        />
      </div>
      <CheckField label="Encrypt with TLS" checked={f.tls} onChange={(e) => set({ tls: e.target.checked })} />
      {f.tls ? (
        <TextField
          label="Authority file"
          help="By whom the other broker's certificate has to be signed; on this broker's host."
          mono
          value={f.cafile}
          onChange={(e) => set({ cafile: e.target.value })}
        />
      ) : (
        <Notice tone="warning">Without TLS, passwords and messages can be read by everybody on the way.</Notice>
      )}
    </FormDialog>
  );
}
