// The page About: versions, part by part how BunkerM is, what it costs, and what this broker allows.
import { useQuery } from "@tanstack/react-query";
import { address } from "../api/client";
import { useMay } from "../frame/session";
import { span } from "../ui/format";
import { Heading } from "../ui/heading";
import { ProblemNotice, Waiting } from "../ui/say";
import { Ago } from "../ui/time";
import { Costs } from "./costs";
import { Features } from "./features";
import { Parts } from "./parts";
import { type System, systemQuery } from "./state";

export function Page() {
  const bundle = useMay("system:admin");
  const system = useQuery(systemQuery);
  return (
    <>
      <Heading
        title="About"
        actions={
          bundle && (
            <a className="button" href={address("api/system/bundle")} download>
              Download diagnostic bundle
            </a>
          )
        }
      >
        {bundle &&
          "The bundle holds no password, key or message. Names and addresses are in it: look before you hand it on."}
      </Heading>
      {system.isPending && <Waiting what="BunkerM" rows={8} />}
      {system.isError && <ProblemNotice problem={system.error} retry={() => void system.refetch()} />}
      {system.data && (
        <div className="columns">
          <div className="stack">
            <Versions system={system.data} />
            <Parts parts={system.data.parts} />
            <Features features={system.data.features} />
          </div>
          <Costs system={system.data} />
        </div>
      )}
    </>
  );
}

function Versions({ system }: { system: System }) {
  return (
    <section className="panel">
      <h2>Versions</h2>
      <dl className="facts">
        <dt>BunkerM</dt>
        <dd>
          {system.version}
          {system.commit && <span className="quiet mono"> {system.commit}</span>}
        </dd>
        <dt>Broker</dt>
        <dd>
          {system.broker.version ? `Mosquitto ${system.broker.version}` : "not told"}, {system.mode}
        </dd>
        <dt>Built with</dt>
        <dd>
          {system.go}, {system.platform}
        </dd>
        <dt>Running</dt>
        <dd title={system.started_at}>
          for {span(system.uptime_seconds)}, started <Ago at={system.started_at} />
        </dd>
      </dl>
      <div className="row" style={{ marginTop: 12 }}>
        <a href={address("api/docs")}>API documentation</a>
        <a href={address("api/openapi.json")}>OpenAPI document</a>
        <a href={address("readyz")}>Readiness</a>
      </div>
    </section>
  );
}
