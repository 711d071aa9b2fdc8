// The figures of this moment, as tiles: a number, its unit, and what belongs to it.
import type { ReactNode } from "react";
import { amount, bytes, count } from "../ui/format";
import { countsPackets, type Stats } from "./stats";

interface TileProps {
  title: string;
  value: string;
  children?: ReactNode;
  bad?: boolean;
  about?: string | undefined;
}

function Tile({ title, value, children, bad, about }: TileProps) {
  return (
    <div className={`tile ${bad ? "bad" : ""}`} title={about}>
      <dt>{title}</dt>
      <dd>
        <strong className="number">{value}</strong>
        {children && <div className="quiet small number">{children}</div>}
      </dd>
    </div>
  );
}

// known shows a figure, or a dash where the broker has not told it.
function known(n: number | null | undefined, show: (n: number) => string): string {
  return n == null ? "–" : show(n);
}

export function Tiles({ stats }: { stats: Stats }) {
  const { clients, publish, bytes: traffic, messages, retained, subscriptions, heap, store } = stats;
  const packets = countsPackets(stats);
  const dropping = (messages.dropped_per_second ?? 0) > 0;
  const perSecond = (n: number | null) => known(n, (v) => `${amount(v)}/s`);
  const bytesPerSecond = (n: number | null) => known(n, (v) => `${bytes(v)}/s`);
  return (
    <dl className="tiles">
      <Tile title="Clients connected" value={known(clients.connected, count)}>
        most {known(clients.maximum, count)} · stored sessions {known(clients.disconnected, count)}
      </Tile>
      <Tile
        title={packets ? "Packets in" : "Messages in"}
        about={
          packets
            ? "Packets of every kind: Mosquitto 2.0 leaves retained messages and those of QoS 2 out of its count of messages"
            : undefined
        }
        value={perSecond(packets ? messages.received_per_second : publish.received_per_second)}
      >
        {bytesPerSecond(traffic.received_per_second)} · {known(packets ? messages.received : publish.received, count)}{" "}
        in all
      </Tile>
      <Tile title="Messages out" value={perSecond(publish.sent_per_second)}>
        {bytesPerSecond(traffic.sent_per_second)} · {known(publish.sent, count)} in all
      </Tile>
      <Tile title="Dropped" value={known(messages.dropped, count)} bad={dropping}>
        {dropping && `${perSecond(messages.dropped_per_second)} now: somebody reads too slowly`}
        {!dropping && (messages.dropped == null ? "not told yet" : "none at this moment")}
      </Tile>
      <Tile title="Retained" value={known(retained.count, count)}>
        {known(store.bytes, bytes)} stored
      </Tile>
      <Tile title="Subscriptions" value={known(subscriptions.count, count)}>
        {heap.current_bytes != null && heap.current_bytes > 0 && `memory of the broker ${bytes(heap.current_bytes)}`}
      </Tile>
    </dl>
  );
}
