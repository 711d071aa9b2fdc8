// Findings: the single things that were strange, also those that were not strange enough for an alert.
import { api, type Schemas, take } from "../api/client";
import { Link } from "../frame/link";
import { figure } from "../ui/format";
import { usePages } from "../ui/pages";
import { Empty } from "../ui/say";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { kindWords } from "./words";

export type Finding = Schemas["Anomaly"];

const columns: Column<Finding>[] = [
  { id: "time", title: "Time", width: "minmax(110px, 170px)", cell: (f) => <Moment at={f.time} /> },
  { id: "field", title: "Field", width: "minmax(90px, 150px)", cell: (f) => <Text>{f.field || "–"}</Text> },
  { id: "kind", title: "What", width: "minmax(130px, 190px)", cell: (f) => kindWords(f.kind) },
  { id: "value", title: "Seen", width: "100px", end: true, cell: (f) => number(f.value) },
  {
    id: "band",
    title: "Expected",
    width: "minmax(110px, 150px)",
    end: true,
    cell: (f) => (f.low === null && f.high === null ? number(f.expected) : `${number(f.low)} to ${number(f.high)}`),
  },
  { id: "score", title: "Score", width: "80px", end: true, cell: (f) => f.score.toFixed(1) },
  {
    id: "alert",
    title: "Alert",
    width: "90px",
    cell: (f) =>
      f.alert_id === null ? (
        <span className="quiet">none</span>
      ) : (
        <Link to="/anomalies/alerts/$id" params={{ id: String(f.alert_id) }}>
          {f.alert_id}
        </Link>
      ),
  },
  { id: "words", title: "In words", width: "minmax(220px, 3fr)", cell: (f) => <Text>{f.explanation}</Text> },
];

// Which of its members it was is told where an alert has several.
const columnsOfMany: Column<Finding>[] = [
  ...columns.slice(0, 1),
  {
    id: "entity",
    title: "About",
    width: "minmax(150px, 1.5fr)",
    cell: (f) => (
      <span className="mono leaf">
        <Text>{f.entity}</Text>
      </span>
    ),
  },
  ...columns.slice(1),
];

function number(n: number | null): string {
  return n === null ? "–" : figure(n);
}

// Findings lists those of an alert, which may be about many topics, or those of one topic.
export function Findings({ alert, entity, many }: { alert?: number; entity?: string; many?: boolean }) {
  const of = { ...(alert !== undefined && { alert }), ...(entity !== undefined && { entity }) };
  const list = usePages<Finding>({
    key: ["ai", "alerts", "findings", of],
    load: async (cursor, signal) => {
      const query = { ...of, limit: 50, ...(cursor && { cursor }) };
      const page = await take(api.GET("/ai/anomalies", { params: { query }, signal }));
      return { rows: page.anomalies, next: page.next_cursor };
    },
  });
  return (
    <section className="stack">
      <h2>Findings</h2>
      <Table
        name="anomaly.findings"
        label="Findings"
        columns={many ? columnsOfMany : columns}
        rowKey={(f) => String(f.id)}
        {...list.table}
        empty={<Empty>No finding is kept. They are forgotten after 30 days.</Empty>}
      />
    </section>
  );
}
