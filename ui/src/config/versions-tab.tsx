// The tab Versions: every state of both files that there was, who made it and why, and the way back to each.
import { useState } from "react";
import { api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { count } from "../ui/format";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { Segments } from "../ui/segments";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import type { Live, Version } from "./state";
import { VersionDetail } from "./version-detail";
import { fileWords, sourceWords, stateWords } from "./words";

const pageSize = 50;

const columns: Column<Version>[] = [
  { id: "id", title: "Version", width: "80px", cell: (v) => v.id },
  { id: "time", title: "Time", width: "minmax(110px, 170px)", cell: (v) => <Moment at={v.time} /> },
  { id: "file", title: "File", width: "130px", cell: (v) => fileWords(v.file) },
  { id: "actor", title: "Who", width: "minmax(90px, 130px)", cell: (v) => <Text>{v.actor || "–"}</Text> },
  { id: "comment", title: "Why", width: "minmax(140px, 2fr)", cell: (v) => <Text>{v.comment || "–"}</Text> },
  { id: "source", title: "Came by", width: "minmax(110px, 150px)", cell: (v) => sourceWords(v.source) },
  {
    id: "lines",
    title: "Changes",
    width: "100px",
    cell: (v) => (
      <span className="number">
        +{count(v.added)} −{count(v.removed)}
      </span>
    ),
  },
  { id: "state", title: "State", width: "130px", cell: (v) => <VersionState version={v} /> },
];

export function VersionState({ version }: { version: Version }) {
  if (version.live) return <Badge tone="good">live</Badge>;
  const { words, tone } = stateWords(version.state);
  return (
    <Badge tone={tone} title={version.detail}>
      {words}
    </Badge>
  );
}

export function VersionsTab({ live }: { live: Live | undefined }) {
  const [filters, setFilters] = useFilters();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const file = (["broker", "dynsec"] as const).find((name) => name === filters.of);
  const list = usePages<Version>({
    key: ["config", "versions", file],
    load: async (cursor, signal) => {
      const query = { limit: pageSize, ...(file && { file }), ...(cursor && { cursor }) };
      const page = await take(api.GET("/config/versions", { params: { query }, signal }));
      return { rows: page.versions, total: page.total, next: page.next_cursor };
    },
  });
  const id = Number(filters.version) || 0;
  if (id > 0) {
    return (
      <VersionDetail
        key={id}
        id={id}
        live={live}
        others={list.rows.filter((v) => v.id !== id)}
        onBack={() => setFilters({ version: undefined, against: undefined, restore: undefined, show: undefined })}
      />
    );
  }
  const chosen = list.rows.filter((v) => selected.has(String(v.id)));
  const [newer, older] = chosen;
  const two = chosen.length === 2 && newer?.file === older?.file;
  return (
    <div className="stack">
      <div className="toolbar">
        <Segments
          label="Which file"
          value={file ?? "all"}
          options={[
            { value: "all", label: "Both files" },
            { value: "broker", label: "mosquitto.conf" },
            { value: "dynsec", label: "Dynamic security" },
          ]}
          onChange={(of) => setFilters({ of: of === "all" ? undefined : of }, true)}
        />
        <Button
          disabled={!two}
          onClick={() => newer && older && setFilters({ version: String(newer.id), against: String(older.id) })}
        >
          Compare
        </Button>
        <span className="quiet small">
          {two
            ? `${older?.id} with ${newer?.id}`
            : chosen.length === 2
              ? "These are of different files."
              : "Select two versions of one file to compare them."}
        </span>
      </div>
      <Table
        name="config.versions"
        label="Versions"
        columns={columns}
        rowKey={(v) => String(v.id)}
        {...list.table}
        selected={selected}
        onSelect={setSelected}
        quiet={(v) => v.state === "put_back" || v.state === "interrupted"}
        onOpen={(v) => setFilters({ version: String(v.id) })}
        empty={<Empty>There is no version yet. The first one is kept when BunkerM has read the files.</Empty>}
      />
    </div>
  );
}
