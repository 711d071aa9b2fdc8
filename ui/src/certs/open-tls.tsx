// Opening ports for TLS: the certificate is made, and listeners that use it are added to the broker's configuration.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { CheckField, TextArea, TextField } from "../ui/field";
import { many } from "../ui/format";
import { Notice } from "../ui/say";
import { Text } from "../ui/text";
import { toast } from "../ui/toast";
import { type Kind, listenerLines, portProblem, usualPorts } from "./lines";
import { type Certificates, certsKey, change, useSessions } from "./state";

const kinds: { kind: Kind; label: string; help: string; port: string }[] = [
  { kind: "mqtts", label: "MQTT over TLS", help: "What devices and programs use.", port: "Port for TLS" },
  { kind: "wss", label: "Secure websockets", help: "For browsers.", port: "Port for websockets" },
  {
    kind: "mtls",
    label: "Clients with a certificate instead of a password",
    help: "The certificate's common name is the username.",
    port: "Port for certificates",
  },
];

export function namesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

export function OpenTLS({ certs, onClose }: { certs: Certificates; onClose: () => void }) {
  const queries = useQueryClient();
  const sessions = useSessions();
  const taken = certs.listeners.map((l) => l.port);
  const [names, setNames] = useState("");
  const [wanted, setWanted] = useState<Record<Kind, boolean>>({
    mqtts: !taken.includes(usualPorts.mqtts),
    wss: false,
    mtls: false,
  });
  const [ports, setPorts] = useState<Record<Kind, string>>({
    mqtts: String(usualPorts.mqtts),
    wss: String(usualPorts.wss),
    mtls: String(usualPorts.mtls),
  });
  const [problem, setProblem] = useState<Problem>();
  const chosen = kinds.filter(({ kind }) => wanted[kind]);
  const wrong = (kind: Kind) => {
    const others = chosen.filter((k) => k.kind !== kind).map((k) => Number(ports[k.kind]));
    return portProblem(ports[kind], [...taken, ...others]);
  };
  const inNames = problem?.body.errors.find((e) => e.location.startsWith("body.names"))?.message;
  const submit = async () => {
    const more = namesOf(names);
    const needed = certs.given ? wanted.mtls && certs.authorities.length === 0 : !certs.server;
    if (needed || more.length > 0) await take(api.POST("/certs/server", { body: { names: more } }));
    const lines = chosen.flatMap(({ kind }) => listenerLines(kind, Number(ports[kind])));
    await change(lines, "TLS, from the page Certificates");
    await queries.invalidateQueries({ queryKey: certsKey });
    toast(`The broker listens on ${chosen.map(({ kind }) => ports[kind].trim()).join(", ")} with TLS.`);
  };
  return (
    <FormDialog
      title="Open a port for TLS"
      verb="Open"
      disabled={chosen.length === 0 || chosen.some(({ kind }) => wrong(kind))}
      onSubmit={submit}
      onProblem={setProblem}
      onClose={onClose}
    >
      <div>
        The certificate is for{" "}
        <span className="mono">
          <Text>{(certs.server?.names ?? certs.host_names).join(", ")}</Text>
        </span>
        .
      </div>
      <TextArea
        label="More names"
        help="Host names and addresses by which devices reach this broker besides, as behind a router. May be empty."
        mono
        rows={2}
        value={names}
        wrong={inNames}
        onChange={(e) => {
          setNames(e.target.value);
          setProblem(undefined);
        }}
      />
      {kinds.map(({ kind, label, help, port }) => (
        <div key={kind} className="stack" style={{ gap: 4 }}>
          <CheckField
            label={label}
            help={help}
            checked={wanted[kind]}
            onChange={(e) => setWanted({ ...wanted, [kind]: e.target.checked })}
          />
          {wanted[kind] && (
            <TextField
              label={port}
              inputMode="numeric"
              mono
              value={ports[kind]}
              wrong={wrong(kind)}
              onChange={(e) => setPorts({ ...ports, [kind]: e.target.value })}
            />
          )}
        </div>
      ))}
      <Notice tone="warning">
        A new listener needs one restart of the broker
        {sessions?.known && sessions.all.length > 0
          ? `, which disconnects ${many(sessions.all.length, "session")} for a moment.`
          : "."}{" "}
        If it does not work, the configuration from before is put back by itself.
      </Notice>
    </FormDialog>
  );
}
