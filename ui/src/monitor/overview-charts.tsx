// The charts of the Overview: four figures over one range, with one cursor.
import { Chart, type Mark } from "../ui/chart";
import type { Range } from "../ui/range";
import { ProblemNotice } from "../ui/say";
import { seriesOf, useHistory } from "./history";

const metrics = [
  "clients.connected",
  "publish.received_per_second",
  "messages.received_per_second",
  "publish.sent_per_second",
  "bytes.received_per_second",
  "bytes.sent_per_second",
  "messages.dropped_per_second",
];

type Show = (n: number) => string;

interface ChartsProps {
  range: Range;
  onZoom: (from: number, to: number) => void;
  onZoomBack: () => void;
  packets: boolean; // messages that come in are not all counted by the broker: packets are shown
  show: { count: Show; perSecond: Show; bytesPerSecond: Show };
}

export function OverviewCharts({ range, onZoom, onZoomBack, packets, show }: ChartsProps) {
  const { data, error, refetch, isPlaceholderData } = useHistory(metrics, range);
  if (error && !data) return <ProblemNotice problem={error} retry={() => void refetch()} />;
  const marks: Mark[] = (data?.events ?? []).map((e) => ({ time: Date.parse(e.time), label: "broker started" }));
  const common = { from: range.from, to: range.to, marks, onZoom, onZoomBack };
  const of = (metric: string, label: string) => seriesOf(data, metric, label);
  return (
    <section aria-label="Charts" className={`charts ${isPlaceholderData ? "stale" : ""}`} aria-busy={!data}>
      <div className="panel">
        <Chart
          title="Clients"
          {...common}
          show={show.count}
          steps="whole"
          series={[of("clients.connected", "connected")]}
        />
      </div>
      <div className="panel">
        <Chart
          title="Messages per second"
          {...common}
          show={show.perSecond}
          series={[
            packets ? of("messages.received_per_second", "packets in") : of("publish.received_per_second", "in"),
            of("publish.sent_per_second", "out"),
          ]}
        />
      </div>
      <div className="panel">
        <Chart
          title="Bytes per second"
          {...common}
          show={show.bytesPerSecond}
          steps="binary"
          series={[of("bytes.received_per_second", "in"), of("bytes.sent_per_second", "out")]}
        />
      </div>
      <div className="panel">
        <Chart
          title="Dropped per second"
          {...common}
          show={show.perSecond}
          series={[of("messages.dropped_per_second", "dropped")]}
        />
      </div>
    </section>
  );
}
