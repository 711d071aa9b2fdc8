// The page Broker log: what the broker wrote, the newest first, as it is written.
import { useEffect, useState } from "react";
import { address, api, type Schemas, take } from "../api/client";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { News } from "../ui/news";
import { type Page as ListPage, usePages } from "../ui/pages";
import { Empty, Notice } from "../ui/say";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { Table } from "../ui/table";
import { useTop } from "../ui/top";
import { useLogFollow } from "./log-follow";
import { askedBy, choices, downloadOf, type LogLine, type Row, rowsOf, streamOf } from "./log-lines";
import { columns, SourceNotice, WholeLine } from "./log-parts";
import { OtherTime } from "./log-time";

const pageSize = 200;

const presets = [
  { value: "", label: "All" },
  { value: "15m", label: "15 min" },
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
];

interface LogPages extends ListPage<LogLine> {
  answer: Schemas["LogPage"];
}

export function Page() {
  const [filters, setFilters] = useFilters();
  const [opened, setOpened] = useState<Row>();
  const asked = askedBy(filters);
  const { frame, atTop, toTop } = useTop();
  const list = usePages<LogLine, LogPages>({
    key: ["log", asked],
    still: true,
    load: async (cursor, signal) => {
      const query = { ...asked, limit: pageSize, ...(cursor && { cursor }) };
      const answer = (await take(
        api.GET("/monitor/log", { params: { query }, signal, parseAs: "json" }),
      )) as Schemas["LogPage"];
      return { rows: answer.lines, next: answer.next_cursor || undefined, answer };
    },
  });
  const { refetch } = list;
  const first = list.pages[0]?.answer;
  const last = list.pages.at(-1);
  const follows = filters.tail !== "off" && !asked.to;
  const loaded = first !== undefined && !list.table.stale;
  const channel = follows && loaded ? streamOf(asked, first.position) : null;
  const { rows: fresh, overflow } = useLogFollow(channel);
  // While one reads further down, or has a line opened, what is new waits behind a button.
  const held = !atTop || opened !== undefined;
  const [seen, setSeen] = useState(0);
  useEffect(() => setSeen(0), [channel]); // another channel begins with no line
  useEffect(() => {
    if (!held) setSeen(fresh.length);
  }, [held, fresh.length]);
  useEffect(() => {
    if (overflow && !held) void refetch(); // its position is another one, so that the stream begins anew behind it
  }, [overflow, held, refetch]);
  const waiting = held ? Math.max(0, fresh.length - seen) : 0;
  const rows = [...fresh.slice(waiting), ...rowsOf(list.rows)];
  // A search that found nothing in a part of the log goes on only when one wants it to.
  const unfinished = last !== undefined && last.rows.length === 0 && last.next !== undefined;
  const showNew = () => {
    setOpened(undefined);
    setSeen(fresh.length);
    toTop();
  };
  return (
    <div className="stack">
      <Heading
        title="Broker log"
        actions={
          <>
            <Button
              aria-pressed={follows}
              disabled={Boolean(asked.to)}
              onClick={() => setFilters({ tail: follows ? "off" : "" }, true)}
            >
              {follows ? "Pause live" : "Follow live"}
            </Button>
            <a className="button" href={address(downloadOf(asked))} download="broker.log">
              Download
            </a>
          </>
        }
      >
        What Mosquitto itself writes. Events say the same about clients in plain words.
      </Heading>
      <SourceNotice page={first} />
      <LogFilters filters={filters} setFilters={setFilters} />
      <News waiting={waiting} overflow={overflow} onShow={showNew} />
      <div className={opened ? "beside" : ""}>
        <div {...frame}>
          <Table
            name="log"
            label="Lines of the log"
            columns={columns}
            {...list.table}
            rows={rows}
            total={undefined}
            hasMore={list.table.hasMore && !unfinished}
            rowKey={(r) => r.key}
            quiet={(r) => r.line?.level === "debug"}
            onOpen={(r) => setOpened(r.line && r)}
            empty={
              unfinished ? null : (
                <Empty action={<EveryLine filters={filters} setFilters={setFilters} />}>No line of the log fits.</Empty>
              )
            }
          />
        </div>
        {opened?.line && <WholeLine line={opened.line} onClose={() => setOpened(undefined)} />}
      </div>
      {unfinished && (
        <Notice
          action={
            <Button busy={list.table.waiting} onClick={list.table.onMore}>
              Look further back
            </Button>
          }
        >
          {rows.length === 0
            ? "Nothing fits in the newest part of the log."
            : "Nothing more fits in this part of the log."}
        </Notice>
      )}
    </div>
  );
}

type Filters = Record<string, string>;
interface FiltersProps {
  filters: Filters;
  setFilters: (change: Record<string, string | undefined>, replace?: boolean) => void;
}

function LogFilters({ filters, setFilters }: FiltersProps) {
  const [custom, setCustom] = useState(false);
  const { q = "", level = "", from = "", to = "" } = filters;
  const preset = to === "" && presets.some((p) => p.value === from) ? from : undefined;
  return (
    <div className="toolbar">
      <Search label="Search the log" value={q} onChange={(text) => setFilters({ q: text }, true)} />
      <Segments label="Levels" value={level} options={choices} onChange={(value) => setFilters({ level: value })} />
      <Segments
        label="Time"
        value={preset}
        options={presets}
        onChange={(value) => setFilters({ from: value, to: "" })}
      />
      <Button onClick={() => setCustom(true)} aria-pressed={preset === undefined}>
        {preset === undefined ? "Other time" : "Other time…"}
      </Button>
      {custom && (
        <OtherTime
          from={from}
          to={to}
          onChoose={(begin, end) => setFilters({ from: begin, to: end })}
          onClose={() => setCustom(false)}
        />
      )}
    </div>
  );
}

function EveryLine({ filters, setFilters }: FiltersProps) {
  if (!filters.q && !filters.level && !filters.from && !filters.to) return null;
  return <Button onClick={() => setFilters({ q: "", level: "", from: "", to: "" })}>Show every line</Button>;
}
