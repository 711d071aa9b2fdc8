// All topics as one list: searched, and sorted by name, by how much comes, or by what came last.
import { api, type Schemas, take } from "../api/client";
import { Button } from "../ui/button";
import { amount, bytes } from "../ui/format";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { useSteady } from "./steady";

export type Topic = Schemas["Topic"];
type Sort = "topic" | "rate" | "last";

const columns: Column<Topic>[] = [
  {
    id: "topic",
    title: "Topic",
    width: "minmax(160px, 3fr)",
    sort: "topic",
    cell: (t) => (
      <span className="mono leaf">
        <Text>{t.topic}</Text>
      </span>
    ),
  },
  { id: "value", title: "Value", width: "minmax(80px, 2fr)", cell: (t) => <ShortValue topic={t} /> },
  { id: "rate", title: "Rate", width: "88px", end: true, sort: "rate", cell: (t) => `${rate(t.rate)}/s` },
  { id: "size", title: "Size", width: "80px", end: true, cell: (t) => bytes(t.size_bytes) },
  { id: "last", title: "Last", width: "100px", end: true, sort: "last", cell: (t) => <Ago at={t.last_seen} /> },
];

// rate is an estimate: what is next to nothing is nothing.
export function rate(perSecond: number): string {
  return amount(perSecond < 0.005 ? 0 : perSecond);
}

// ShortValue is the beginning of a value, or why there is none.
function ShortValue({ topic: t }: { topic: Topic }) {
  if (t.payload === null) return <span className="quiet">{why(t.payload_state)}</span>;
  return (
    <span className="row">
      <span className="mono">
        {t.encoding === "base64" ? <span className="quiet">bytes</span> : <Text>{t.payload.slice(0, 200)}</Text>}
      </span>
      {t.retained && <Badge title="The broker keeps this message for those who subscribe later">retained</Badge>}
    </span>
  );
}

// why says why a value is not shown.
export function why(state: string): string {
  switch (state) {
    case "redacted":
      return "hidden: this topic is known to carry secrets";
    case "not_permitted":
      return "hidden from your role";
    case "not_kept":
      return "not kept: there was no room";
    default:
      return "";
  }
}

interface ListProps {
  q: string;
  sort: Sort;
  onSort: (sort: string) => void;
  onOpen: (topic: string) => void;
}

export function TopicList({ q, sort, onSort, onOpen }: ListProps) {
  const list = usePages<Topic>({
    key: ["topics", q, sort],
    refetchEvery: sort === "topic" ? 5_000 : 10_000,
    load: async (cursor, signal) => {
      const page = await take(
        api.GET("/monitor/topics", { params: { query: { q, sort, limit: 100, cursor } }, signal }),
      );
      return { rows: page.topics, total: page.total, next: page.next_cursor };
    },
  });
  const { rows, moved, anew } = useSteady(`${sort} ${q}`, list.table.stale ? nothing : list.rows, (t) => t.topic);
  return (
    <div className="stack">
      {sort !== "topic" && (
        <div className="row apart">
          <span className="quiet">Figures stay fresh, rows keep their places.</span>
          <Button onClick={anew} disabled={!moved}>
            Sort anew
          </Button>
        </div>
      )}
      <Table
        name="topics"
        label="Topics"
        columns={columns}
        {...list.table}
        rows={list.table.stale ? list.rows : rows}
        rowKey={(t) => t.topic}
        sort={sort}
        onSort={onSort}
        onOpen={(t) => onOpen(t.topic)}
        empty={<Empty>{q ? "No topic has this in its name." : "Nothing has been published yet."}</Empty>}
      />
    </div>
  );
}

const nothing: Topic[] = [];
