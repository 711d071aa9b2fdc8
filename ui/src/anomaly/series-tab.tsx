// The tab Series: the topics, clients and the broker that are watched, and how far learning is.
import { api, take } from "../api/client";
import { useFilters, useGo } from "../frame/link";
import { bytes, count, many } from "../ui/format";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import type { Entity } from "./alerts";
import { progress } from "./words";

const pageSize = 100;
const fresh = 5_000; // ms

const orders = ["open_alerts", "score", "entity", "messages", "last_seen"] as const;
const types = ["topic", "client", "broker"] as const;

const columns: Column<Entity>[] = [
  {
    id: "entity",
    title: "Name",
    width: "minmax(180px, 3fr)",
    sort: "entity",
    cell: (e) => (
      <span className="mono leaf">
        <Text>{e.entity}</Text>
      </span>
    ),
  },
  { id: "type", title: "What", width: "80px", cell: (e) => e.type },
  {
    id: "state",
    title: "State",
    width: "minmax(220px, 1fr)",
    cell: (e) => (e.state === "ready" ? <Badge tone="good">ready</Badge> : <Badge>{progress(e)}</Badge>),
  },
  { id: "score", title: "Score", width: "80px", end: true, sort: "score", cell: (e) => e.score.toFixed(1) },
  {
    id: "alerts",
    title: "Alerts",
    width: "90px",
    end: true,
    sort: "open_alerts",
    cell: (e) => (e.open_alerts > 0 ? <Badge tone="warning">{e.open_alerts}</Badge> : <span className="quiet">0</span>),
  },
  { id: "fields", title: "Fields", width: "70px", end: true, cell: (e) => count(e.fields) },
  {
    id: "messages",
    title: "Messages",
    width: "100px",
    end: true,
    sort: "messages",
    cell: (e) => count(e.messages),
  },
  { id: "last", title: "Last", width: "120px", end: true, sort: "last_seen", cell: (e) => <Ago at={e.last_seen} /> },
];

interface Rows {
  rows: Entity[];
  total: number;
  next: string | undefined;
  ready: number;
  memory: number;
  limit: number;
  evicted: number;
}

export function SeriesTab() {
  const [filters, setFilters] = useFilters();
  const go = useGo();
  const sort = orders.find((o) => o === filters.sort) ?? "open_alerts";
  const type = types.find((t) => t === filters.type);
  const q = filters.q ?? "";
  const list = usePages<Entity, Rows>({
    key: ["ai", "entities", q, type, sort],
    load: async (cursor, signal) => {
      const query = { sort, limit: pageSize, ...(q && { q }), ...(type && { type }), ...(cursor && { cursor }) };
      const page = await take(api.GET("/ai/entities", { params: { query }, signal }));
      return {
        rows: page.entities,
        total: page.total,
        next: page.next_cursor,
        ready: page.series_ready,
        memory: page.memory_bytes,
        limit: page.memory_limit,
        evicted: page.evicted,
      };
    },
    refetchEvery: fresh,
  });
  const page = list.pages[0];
  return (
    <div className="stack">
      <div className="toolbar">
        <Search label="Topic or client id" value={q} onChange={(now) => setFilters({ q: now }, true)} />
        <Segments
          label="What"
          value={type ?? "all"}
          options={[
            { value: "all", label: "All" },
            { value: "topic", label: "Topics" },
            { value: "client", label: "Clients" },
            { value: "broker", label: "Broker" },
          ]}
          onChange={(t) => setFilters({ type: t === "all" ? undefined : t })}
        />
        {page && (
          <span className="quiet small">
            {many(list.total ?? 0, "row")} · {many(page.ready, "series", "series")} ready · {bytes(page.memory)} of{" "}
            {bytes(page.limit)}
            {page.evicted > 0 && ` · ${count(page.evicted)} forgotten to make room`}
          </span>
        )}
      </div>
      <Table
        name="anomaly.series"
        label="What is watched"
        columns={columns}
        rowKey={(e) => `${e.type} ${e.entity}`}
        {...list.table}
        sort={sort}
        onSort={(next) => setFilters({ sort: next === "open_alerts" ? undefined : next })}
        onOpen={(e) =>
          e.type === "client"
            ? go("/clients/$id", { params: { id: e.entity }, search: { by: "clientid" } })
            : go("/anomalies/series", { search: { entity: e.entity } })
        }
        quiet={(e) => e.state === "ignored"}
        empty={
          <Empty example="mosquitto_pub -t site/boiler/temperature -m 21.5">
            {q || type ? "Nothing that is watched is called that." : "Nothing is watched yet: no message has come."}
          </Empty>
        }
      />
    </div>
  );
}
