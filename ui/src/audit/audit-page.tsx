// The page Audit: who did what, the newest first, to be filtered, exported and checked.
import { useMutation, useQuery } from "@tanstack/react-query";
import { address, api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { Heading } from "../ui/heading";
import { usePages } from "../ui/pages";
import { Empty, Notice, ProblemNotice } from "../ui/say";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { filterNames, type Narrow, NarrowDown } from "./narrow";
import { OneEntry, Outcome } from "./one-entry";
import { type Entry, ways } from "./words";

const pageSize = 100;
const lookEvery = 10_000;

const columns: Column<Entry>[] = [
  { id: "time", title: "Time", width: "minmax(120px, 190px)", cell: (e) => <Moment at={e.time} /> },
  { id: "actor", title: "Who", width: "minmax(110px, 1fr)", cell: (e) => <Text>{e.actor || "–"}</Text> },
  { id: "via", title: "Way", width: "minmax(110px, 130px)", cell: (e) => ways[e.via] },
  { id: "address", title: "From", width: "minmax(110px, 140px)", cell: (e) => <Text>{e.address || "–"}</Text> },
  {
    id: "action",
    title: "Action",
    width: "minmax(180px, 1.2fr)",
    cell: (e) => (
      <span className="mono">
        <Text>{e.action}</Text>
        {e.count > 1 && ` × ${count(e.count)}`}
      </span>
    ),
  },
  {
    id: "object",
    title: "What",
    width: "minmax(180px, 2fr)",
    cell: (e) => (
      <span className="mono">
        <Text>{e.object}</Text>
      </span>
    ),
  },
  { id: "outcome", title: "Outcome", width: "110px", cell: (e) => <Outcome outcome={e.outcome} /> },
];

export function Page() {
  const [filters, setFilters] = useFilters();
  const narrow: Narrow = Object.fromEntries(filterNames.map((name) => [name, filters[name] ?? ""]));
  const asked = Object.fromEntries(Object.entries(narrow).filter(([, value]) => value)) as Narrow;
  const ask = async (more: { cursor?: string; limit: number }, signal: AbortSignal) =>
    take(api.GET("/audit", { params: { query: { ...(asked as object), ...more } }, signal }));
  const list = usePages<Entry>({
    key: ["audit", "list", asked],
    load: async (cursor, signal) => {
      const page = await ask({ limit: pageSize, ...(cursor && { cursor }) }, signal);
      return { rows: page.entries, next: page.next_cursor };
    },
  });
  const newest = list.rows[0]?.id ?? 0;
  const fresh = useQuery({
    queryKey: ["audit", "fresh", asked, newest],
    queryFn: async ({ signal }) => (await ask({ limit: pageSize }, signal)).entries.filter((e) => e.id > newest).length,
    refetchInterval: lookEvery,
    enabled: !list.table.waiting && !narrow.to,
  });
  const entry = Number(filters.entry) || 0;
  const arrived = fresh.data ?? 0;
  return (
    <>
      <Heading title="Audit" actions={<Take asked={asked} />}>
        Who changed what, who signed in, and what was refused.
      </Heading>
      <div className="stack">
        <NarrowDown value={narrow} onChange={setFilters} />
        <Verify />
        {arrived > 0 && (
          <div>
            <Button onClick={() => void list.refetch()}>
              {arrived >= pageSize ? `${count(arrived)} or more new` : `${count(arrived)} new`}
            </Button>
          </div>
        )}
        <Table
          name="audit"
          label="Audit"
          columns={columns}
          rowKey={(e) => String(e.id)}
          {...list.table}
          onOpen={(e) => setFilters({ entry: String(e.id) })}
          empty={<Empty>Nothing that was recorded fits these filters.</Empty>}
        />
      </div>
      {entry > 0 && (
        <OneEntry
          id={entry}
          known={list.rows.find((e) => e.id === entry)}
          onClose={() => setFilters({ entry: undefined })}
        />
      )}
    </>
  );
}

// Take offers what the filters let through as a file.
function Take({ asked }: { asked: Narrow }) {
  const link = (format: string) => address(`api/audit/export?${new URLSearchParams({ ...asked, format })}`);
  return (
    <>
      <a className="button" href={link("csv")} download>
        Export CSV
      </a>
      <a className="button" href={link("jsonl")} download>
        Export JSON lines
      </a>
    </>
  );
}

// Verify has the server look whether any entry was changed or taken away since it was written.
function Verify() {
  const check = useMutation({ mutationFn: () => take(api.GET("/audit/verify")) });
  const found = check.data;
  return (
    <>
      <div className="row">
        <Button busy={check.isPending} onClick={() => check.mutate()}>
          Check the chain
        </Button>
        <span className="quiet small">Each entry holds a hash of the one before it: what is changed later shows.</span>
      </div>
      {check.isError && <ProblemNotice problem={check.error} retry={() => check.mutate()} />}
      {found?.ok && (
        <Notice tone="good">
          <strong>The chain of {many(found.entries, "entry", "entries")} is whole.</strong>
          <div className="small">
            Keep the newest hash elsewhere to show later that nothing was cut off:{" "}
            <span className="mono">{found.head}</span>
          </div>
        </Notice>
      )}
      {found && !found.ok && (
        <Notice tone="bad">
          <strong>The chain is broken at entry {count(found.broken_at ?? 0)}.</strong>
          <div>
            This entry was changed, or one before it was taken away, outside of BunkerM. Compare with an export, or with
            the file of --audit-log.
          </div>
        </Notice>
      )}
    </>
  );
}
