// The page Overview: how the broker is doing, now and over time, and what happened last.
import { useQuery } from "@tanstack/react-query";
import { OpenAlerts } from "../anomaly/open-alerts";
import { ExpiryRow } from "../certs/expiry-row";
import { useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { systemQuery } from "../system/state";
import { amount, bytes, count } from "../ui/format";
import { Heading } from "../ui/heading";
import { readRange, writeRange } from "../ui/range";
import { RangePicker } from "../ui/range-picker";
import { Notice, ProblemNotice, Snippet, sentence, Waiting } from "../ui/say";
import { visible } from "../ui/text";
import { useNow } from "../ui/time";
import { FirstSteps } from "./first-steps";
import { OverviewCharts } from "./overview-charts";
import { RecentEvents } from "./recent-events";
import { countsPackets, type Stats, useStats } from "./stats";
import { Tiles } from "./tiles";

export function Page() {
  const { data, error, refetch } = useStats();
  const [search, setSearch] = useFilters();
  const now = useNow();
  const mayEvents = useMay("clientlogs:read");
  const range = readRange(search, now);
  const zoom = (from: number, to: number) => setSearch(writeRange(from, Math.min(to, Date.now())));
  const back = () => setSearch({ from: undefined, to: undefined });
  return (
    <>
      <Heading title="Overview" actions={<RangePicker range={range} />}>
        {data ? <BrokerWords stats={data} /> : "Asking about the broker…"}
      </Heading>
      <OpenAlerts title="Open alerts" />
      {error && !data && <ProblemNotice problem={error} retry={() => void refetch()} />}
      {!data && !error && <Waiting what="the broker's figures" rows={4} />}
      {data && (
        <>
          <Trouble stats={data} />
          <OtherBroker />
          {data.clients.total === 0 && <FirstSteps />}
          <Tiles stats={data} />
          <ExpiryRow />
        </>
      )}
      <OverviewCharts
        range={range}
        onZoom={zoom}
        onZoomBack={back}
        packets={data !== undefined && countsPackets(data)}
        show={{ count, perSecond, bytesPerSecond }}
      />
      {mayEvents && <RecentEvents />}
    </>
  );
}

const perSecond = (n: number) => `${amount(n)}/s`;
const bytesPerSecond = (n: number) => `${bytes(n)}/s`;

function BrokerWords({ stats }: { stats: Stats }) {
  const { broker } = stats;
  switch (broker.state) {
    case "running":
      return <>Mosquitto {broker.version ?? ""} is running.</>;
    case "starting":
      return <>The broker is starting.</>;
    case "stopped":
      return <>The broker has stopped. It is started again by itself, with growing pauses.</>;
    default:
      return <>The broker cannot be reached. These figures are the last that it told.</>;
  }
}

// OtherBroker offers to take over what has the port where clients look first.
function OtherBroker() {
  const { data } = useQuery({ ...systemQuery, enabled: useMay("system:read") });
  if (!data?.broker.other) return null;
  return (
    <Notice>
      <div>
        Port 1883 of this host belongs to {visible(data.broker.other)}: clients that name no port talk to that program,
        not to this broker.
      </div>
      <div>If it is a Mosquitto, this says how it can be taken over, with its accounts and what it keeps:</div>
      <Snippet text="sudo bunkerm adopt --plan" />
    </Notice>
  );
}

// Trouble is what somebody should do something about.
function Trouble({ stats }: { stats: Stats }) {
  const { broker, self } = stats;
  return (
    <>
      {broker.state !== "running" && broker.detail && (
        <Notice tone={broker.state === "starting" ? "warning" : "bad"}>
          <strong>{sentence(broker.detail)}</strong>
          {broker.hint && <div>{sentence(broker.hint)}</div>}
        </Notice>
      )}
      {!self.recording && (
        <Notice tone="warning">
          History is not recorded at this moment. About says what is the matter with the database.
        </Notice>
      )}
      {self.lost > 0 && (
        <Notice>
          {count(self.lost)} observed messages were too many for BunkerM and are missing in its counts of topics. The
          broker and its clients have noticed nothing.
        </Notice>
      )}
    </>
  );
}
