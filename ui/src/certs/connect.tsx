// How devices connect over TLS, with host and port filled in and the authority where it belongs.
import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { useState } from "react";
import { root } from "../api/client";
import { SelectField, TextField } from "../ui/field";
import { Notice, Snippet } from "../ui/say";
import { Text } from "../ui/text";
import { hostFor } from "./lines";
import { esphome, mosquittoPub, pahoPython, type Secure, tasmota } from "./snippets";
import { authorityQuery, type Certificates } from "./state";

const ways = { mosquitto_pub: mosquittoPub, Python: pahoPython, ESPHome: esphome, Tasmota: tasmota };

export function Connect({ certs }: { certs: Certificates }) {
  const authority = useQuery(authorityQuery);
  const ports = certs.listeners.filter((l) => l.tls && l.ours && l.protocol === "mqtt");
  const names = certs.server?.names ?? [];
  const here = root.hostname.replace(/^\[(.*)\]$/, "$1");
  const [host, setHost] = useState(hostFor(here, names));
  const [port, setPort] = useState<number>();
  const [username, setUsername] = useState("kettle");
  const listener = ports.find((l) => l.port === port) ?? ports[0];
  if (!listener) return null;
  const s: Secure = {
    host,
    port: listener.port,
    username,
    mutual: listener.client_certificates,
    authority: authority.data ?? "",
  };
  return (
    <section className="panel stack" aria-labelledby="connect">
      <h2 id="connect">Connect a device</h2>
      <div className="pair">
        <SelectField
          label="Host"
          help="Names that are in the certificate."
          value={host}
          onChange={(e) => setHost(e.target.value)}
        >
          {(names.length > 0 ? names : [here]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <SelectField label="Port" value={listener.port} onChange={(e) => setPort(Number(e.target.value))}>
          {ports.map((l) => (
            <option key={l.name} value={l.port}>
              {l.client_certificates ? `${l.port}, with a certificate` : l.port}
            </option>
          ))}
        </SelectField>
        {!s.mutual && <TextField label="Username" value={username} onChange={(e) => setUsername(e.target.value)} />}
      </div>
      <Tabs.Root defaultValue="mosquitto_pub">
        <Tabs.List className="tabs" aria-label="How to connect">
          {[...Object.keys(ways), "Home Assistant"].map((name) => (
            <Tabs.Trigger key={name} value={name}>
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {Object.entries(ways).map(([name, write]) => {
          const snippet = write(s);
          return (
            <Tabs.Content key={name} value={name} style={{ paddingTop: 12 }}>
              <div className="stack">
                {snippet.notes.map((note) => (
                  <Notice key={note}>
                    <Text>{note}</Text>
                  </Notice>
                ))}
                {snippet.text && <Snippet text={snippet.text} />}
              </div>
            </Tabs.Content>
          );
        })}
        <Tabs.Content value="Home Assistant" style={{ paddingTop: 12 }}>
          <p>
            Settings → Devices & services → MQTT → Reconfigure. Broker <code>{host}</code>, port <code>{s.port}</code>.
            Under advanced options choose the broker certificate validation Custom and upload ca.pem.
            {s.mutual && " Choose client certificate as well and upload the client's certificate and key."}
          </p>
        </Tabs.Content>
      </Tabs.Root>
    </section>
  );
}
