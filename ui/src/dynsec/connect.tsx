// How to connect as a client, for the usual programs and devices.
import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import { type ReactNode, useState } from "react";
import { api, root, take } from "../api/client";
import { useMay } from "../frame/session";
import { reachable } from "../system/reach";
import { systemQuery } from "../system/state";
import { TextField } from "../ui/field";
import { CopyButton, Notice, Snippet } from "../ui/say";
import { Text } from "../ui/text";
import {
  type Connection,
  esphome,
  mosquittoPub,
  mosquittoSub,
  pahoPython,
  type Snippet as Text_,
  tasmota,
} from "./snippets";

interface ConnectProps {
  username: string;
  password?: string;
  clientid?: string;
  topic?: string; // that it may publish to
}

const usualPort = "1883";
const store = "connect.broker";

const ways: [string, (c: Connection) => Text_][] = [
  ["mosquitto_pub", mosquittoPub],
  ["mosquitto_sub", mosquittoSub],
  ["Python", pahoPython],
  ["ESPHome", esphome],
  ["Tasmota", tasmota],
];

// ConnectSnippets shows how to connect as username. Without a password a word stands where it belongs.
export function ConnectSnippets({ username, password, clientid = "", topic = "test/hello" }: ConnectProps) {
  const [broker, setBroker] = useBroker();
  const port = Number(broker.port);
  const portWrong = Number.isInteger(port) && port > 0 && port < 65_536 ? undefined : "A number from 1 to 65535.";
  const connection: Connection = {
    host: broker.host,
    port: portWrong ? Number(usualPort) : port,
    username,
    password: password ?? "your password",
    clientid,
    topic,
  };
  return (
    <div className="stack">
      <div className="pair">
        <TextField
          label="Broker's host"
          mono
          value={broker.host}
          onChange={(e) => setBroker({ host: e.target.value })}
        />
        <TextField
          label="Port"
          mono
          inputMode="numeric"
          value={broker.port}
          wrong={portWrong}
          onChange={(e) => setBroker({ port: e.target.value })}
        />
      </div>
      <Tabs.Root defaultValue="mosquitto_pub">
        <Tabs.List className="tabs" aria-label="How to connect">
          {ways.map(([name]) => (
            <Tabs.Trigger key={name} value={name}>
              {name}
            </Tabs.Trigger>
          ))}
          <Tabs.Trigger value="home">Home Assistant</Tabs.Trigger>
        </Tabs.List>
        {ways.map(([name, write]) => (
          <Tabs.Content key={name} value={name} style={{ paddingTop: 12 }}>
            <One snippet={write(connection)} />
          </Tabs.Content>
        ))}
        <Tabs.Content value="home" style={{ paddingTop: 12 }}>
          <HomeAssistant connection={connection} hasPassword={password !== undefined} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

function One({ snippet }: { snippet: Text_ }) {
  return (
    <div className="stack">
      {snippet.notes.map((note) => (
        <Notice key={note} tone="warning">
          <Text>{note}</Text>
        </Notice>
      ))}
      {snippet.text && <Snippet text={snippet.text} />}
    </div>
  );
}

function HomeAssistant({ connection: c, hasPassword }: { connection: Connection; hasPassword: boolean }) {
  const row = (name: string, value: string, copy = true): ReactNode => (
    <>
      <dt>{name}</dt>
      <dd className="row">
        <span className="mono">
          <Text>{value}</Text>
        </span>
        {copy && <CopyButton text={value} label={`Copy ${name.toLowerCase()}`} />}
      </dd>
    </>
  );
  return (
    <div className="stack">
      <p>Settings → Devices & services → Add integration → MQTT, and enter:</p>
      <dl className="facts">
        {row("Broker", c.host)}
        {row("Port", String(c.port))}
        {row("Username", c.username)}
        {row("Password", hasPassword ? c.password : "the client's password", hasPassword)}
      </dl>
    </div>
  );
}

interface Broker {
  host: string;
  port: string;
}

// useBroker is where devices reach the broker: what was entered here before, else the listener on which the newest
// sessions came, else the one that BunkerM itself knows. A broker that listens everywhere has the host of this page.
function useBroker(): [Broker, (change: Partial<Broker>) => void] {
  const [entered, setEntered] = useState<Partial<Broker>>(() => {
    try {
      return JSON.parse(localStorage.getItem(store) ?? "{}") as Partial<Broker>;
    } catch {
      return {};
    }
  });
  const sessions = useQuery({
    queryKey: ["connect", "listener"],
    queryFn: ({ signal }) => take(api.GET("/monitor/clients", { params: { query: { limit: 20 } }, signal })),
    enabled: useMay("monitor:read") && entered.port === undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const system = useQuery({ ...systemQuery, enabled: useMay("system:read") }).data;
  const listener = sessions.data?.clients.find((c) => !c.own && c.listener)?.listener;
  const change = (part: Partial<Broker>) => {
    const next = { ...entered, ...part };
    setEntered(next);
    localStorage.setItem(store, JSON.stringify(next));
  };
  const known = reachable(system?.broker.address ?? "", root.hostname);
  const host = (known?.host ?? root.hostname).replace(/^\[(.*)\]$/, "$1");
  return [
    { host: entered.host ?? host, port: entered.port ?? (listener ? String(listener) : (known?.port ?? usualPort)) },
    change,
  ];
}
