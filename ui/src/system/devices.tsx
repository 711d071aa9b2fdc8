// How devices reach the broker, and whose it is.
import { useQuery } from "@tanstack/react-query";
import { root } from "../api/client";
import { ProblemNotice, Snippet, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { reachable } from "./reach";
import { systemQuery } from "./state";

export function Devices() {
  const system = useQuery(systemQuery);
  if (system.isPending) return <Waiting what="the broker" />;
  if (system.isError && !system.data)
    return <ProblemNotice problem={system.error} retry={() => void system.refetch()} />;
  const { broker, mode } = system.data;
  const at = reachable(broker.address, root.hostname);
  return (
    <section className="panel stack">
      <h2>Broker</h2>
      <dl className="facts">
        <dt>Mode</dt>
        <dd>
          <strong>{mode}</strong>
          {mode === "managed"
            ? ": BunkerM runs this Mosquitto, starts it and looks after its files."
            : ": somebody else runs this broker; BunkerM connects to it as a client."}
        </dd>
        <dt>Version</dt>
        <dd>{broker.version ? `Mosquitto ${broker.version}` : "not told"}</dd>
        <dt>For devices</dt>
        <dd className="mono">
          <Text>{at ? `${at.host}:${at.port}` : broker.address}</Text>
          {broker.tls && " with TLS"}
        </dd>
      </dl>
      {at?.local && (
        <p className="quiet">It listens on this host alone: devices elsewhere in the network cannot reach it.</p>
      )}
      {at && (
        <Snippet
          text={`mosquitto_sub -h ${at.host} -p ${at.port}${broker.tls ? " --tls-use-os-certs" : ""} -u USERNAME -P PASSWORD -t 'test/#'`}
        />
      )}
      {mode === "managed" ? (
        <p className="quiet">
          <code>bunkerm serve --help</code> lists what BunkerM can be started with. The broker's own settings are in{" "}
          <code>broker/mosquitto.conf</code> in the data directory.
        </p>
      ) : (
        <p className="quiet">
          To attach to another broker, restart BunkerM with <code>--broker</code>.
        </p>
      )}
    </section>
  );
}
