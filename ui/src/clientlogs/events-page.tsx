// The page Events: what clients did and what happened to them, the newest first, as it happens.
import { useEffect, useState } from "react";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { News } from "../ui/news";
import { usePages } from "../ui/pages";
import { Empty, Notice } from "../ui/say";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { useTop } from "../ui/top";
import { EventDetails } from "./event-details";
import { askedBy, EventFilters } from "./event-filters";
import { KindMark, What, Who } from "./event-parts";
import { type EventPage, firstEvents, listEvents, merge } from "./events";
import { useFollow } from "./follow";
import { RecordingNotice } from "./recording-notice";
import type { Event } from "./words";

const pageSize = 200;

const columns: Column<Event>[] = [
  { id: "time", title: "Time", width: "minmax(90px, 190px)", cell: (e) => <Moment at={e.time} /> },
  { id: "event", title: "Event", width: "130px", cell: (e) => <KindMark event={e.event} /> },
  { id: "who", title: "Who", width: "minmax(160px, 1fr)", cell: (e) => <Who event={e} /> },
  { id: "what", title: "What", width: "minmax(260px, 2fr)", cell: (e) => <What event={e} /> },
  {
    id: "address",
    title: "Address",
    width: "minmax(120px, 200px)",
    cell: (e) => (
      <span className="mono">
        <Text>{e.address ?? ""}</Text>
      </span>
    ),
  },
];

export function Page() {
  const [filters, setFilters] = useFilters();
  const asked = askedBy(filters);
  const { frame, atTop, toTop } = useTop();
  const list = usePages<Event, EventPage>({
    key: ["events", asked],
    still: true,
    load: (cursor, signal) =>
      cursor ? listEvents(asked, { limit: pageSize, cursor, signal }) : firstEvents(asked, { limit: pageSize, signal }),
  });
  const loaded = list.pages.length > 0 && !list.table.stale;
  const follows = filters.tail !== "off" && !asked.to;
  const tail = useFollow(follows && loaded ? asked : null, list.pages[0]?.after);
  const { refetch } = list;
  const { overflow, forget } = tail;
  const all = merge(tail.events, list.rows);
  const opened = all.find((e) => String(e.id) === filters.open);
  // While one reads further down, or has one opened, what is new waits behind a button.
  const held = !atTop || opened !== undefined;
  const [seen, setSeen] = useState(0);
  const newest = all[0]?.id ?? 0;
  useEffect(() => {
    if (!held) setSeen(newest);
  }, [held, newest]);
  useEffect(() => {
    if (!overflow || held) return;
    void refetch().then(forget);
  }, [overflow, held, refetch, forget]);
  const rows = held && seen > 0 ? all.filter((e) => e.id <= seen) : all;
  const waiting = all.length - rows.length;
  const last = list.pages.at(-1);
  const showNew = () => {
    setSeen(newest);
    toTop();
  };
  const narrowed = Object.keys(asked).length > 0;
  return (
    <div className="stack">
      <Heading
        title="Events"
        actions={
          <Button disabled={Boolean(asked.to)} onClick={() => setFilters({ tail: follows ? "off" : "" }, true)}>
            {follows ? "Pause live" : "Follow live"}
          </Button>
        }
      >
        What clients did, and what happened to them.
      </Heading>
      <RecordingNotice recording={last?.recording} />
      <EventFilters filters={filters} setFilters={setFilters} />
      <News waiting={waiting} overflow={overflow} onShow={showNew} />
      <div className={opened ? "beside" : ""}>
        <div {...frame}>
          <Table
            name="events"
            label="Events"
            columns={columns}
            {...list.table}
            rows={rows}
            hasMore={list.table.hasMore && !last?.scannedTo}
            rowKey={(e) => String(e.id)}
            quiet={(e) => Boolean(e.own)}
            onOpen={(e) => setFilters({ open: String(e.id) }, Boolean(filters.open))}
            empty={
              last?.scannedTo ? null : (
                <Empty
                  {...(narrowed
                    ? {}
                    : { example: "mosquitto_pub -h localhost -u lamp -P 'its password' -t test/hello -m hello" })}
                >
                  {narrowed
                    ? "No event fits these filters."
                    : "Nothing has happened yet. Connect a client to see it here."}
                </Empty>
              )
            }
          />
        </div>
        {opened && <EventDetails event={opened} onClose={() => setFilters({ open: "" }, true)} />}
      </div>
      {last?.scannedTo && (
        <Notice
          action={
            <Button busy={list.table.waiting} onClick={list.table.onMore}>
              Look further back
            </Button>
          }
        >
          <div>
            {rows.length === 0 ? "Nothing fits since " : "Searched back to "}
            <Moment at={last.scannedTo} />.
          </div>
        </Notice>
      )}
    </div>
  );
}
