// The page Sessions: who is connected, from where and since when.
import { useEffect, useMemo, useRef, useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useFilters, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { useHealed } from "../live/live";
import { Button } from "../ui/button";
import { many } from "../ui/format";
import { Heading } from "../ui/heading";
import { News } from "../ui/news";
import { type Page as ListPage, usePages } from "../ui/pages";
import { Empty, Notice, sentence } from "../ui/say";
import { Search } from "../ui/search";
import { type Column, Table } from "../ui/table";
import { visible } from "../ui/text";
import { endOf, keyOf, type Session } from "./sessions-changes";
import { columns, type Listed } from "./sessions-columns";
import { DisconnectClient } from "./sessions-disconnect";
import { useChanges } from "./sessions-live";

const pageSize = 200;

interface SessionsPage extends ListPage<Session> {
  answer: Schemas["SessionPage"];
}

export function Page() {
  const [filters, setFilters] = useFilters();
  const { q = "", username = "" } = filters;
  const [cutting, setCutting] = useState<string>();
  const mayCut = useMay("dynsec:write");
  const go = useGo();
  const [changes, forget] = useChanges(q, username);
  const list = usePages<Session, SessionsPage>({
    key: ["sessions", { q, username }],
    still: true,
    load: async (cursor, signal) => {
      const query = { limit: pageSize, ...(q && { q }), ...(username && { username }), ...(cursor && { cursor }) };
      const answer = await take(api.GET("/monitor/clients", { params: { query }, signal }));
      return { rows: answer.clients, total: answer.total, next: answer.next_cursor, answer };
    },
  });
  const { refetch } = list;
  const reload = () => void refetch().then(() => forget(changes));
  useHealed(reload);
  const first = list.pages[0]?.answer;
  const rows: Listed[] = useMemo(
    () => list.rows.map((s) => ({ ...s, ended: endOf(changes, s) })),
    [list.rows, changes],
  );
  const began = useMemo(() => {
    const listed = new Set(rows.filter((s) => s.ended === undefined).map(keyOf));
    return [...changes.began.keys()].filter((key) => !listed.has(key)).length;
  }, [rows, changes.began]);
  const known = first?.known !== false;
  useAskAgain(!known, reload);
  return (
    <div className="stack">
      <Heading title="Sessions">
        Who is connected to the broker now.
        {first?.total != null &&
          ` ${many(first.total + began - rows.filter((s) => s.ended !== undefined && !s.own).length, "session")}${q || username ? " found" : ""}.`}
      </Heading>
      <div className="toolbar">
        <Search label="Search sessions" value={q} onChange={(text) => setFilters({ q: text }, true)} />
        {username && (
          <Button
            icon="close"
            onClick={() => setFilters({ username: "" })}
            aria-label={`Show every user, not only ${visible(username)}`}
          >
            Only {visible(username)}
          </Button>
        )}
      </div>
      {!known && (
        <Notice tone="warning">
          <div>Nobody can say yet who is connected.</div>
          {first?.hint && <div>{sentence(first.hint)}</div>}
        </Notice>
      )}
      <News waiting={began} onShow={reload} />
      <Table
        name="sessions"
        label="Sessions"
        columns={mayCut ? [...columns, cutColumn(setCutting)] : columns}
        {...list.table}
        rows={rows}
        rowKey={(s) => `${keyOf(s)} ${s.connected_at}`}
        quiet={(s) => s.own || s.ended !== undefined}
        onOpen={(s) =>
          s.username
            ? go("/clients/$id", { params: { id: s.username } })
            : go("/clients/$id", { params: { id: s.clientid }, search: { by: "clientid" } })
        }
        empty={
          known && (
            <Empty
              {...(!q && !username && { example: "mosquitto_sub -h localhost -u lamp -P 'its password' -t 'test/#'" })}
              action={
                (q || username) && (
                  <Button onClick={() => setFilters({ q: "", username: "" })}>Show every session</Button>
                )
              }
            >
              {q || username ? "No session fits." : "Nobody is connected."}
            </Empty>
          )
        }
      />
      {cutting !== undefined && <DisconnectClient username={cutting} onClose={() => setCutting(undefined)} />}
    </div>
  );
}

// The broker disconnects by username, so that anonymous sessions have no button.
function cutColumn(cut: (username: string) => void): Column<Listed> {
  return {
    id: "cut",
    title: "Disconnect",
    width: "128px",
    cell: (s) =>
      s.username && !s.own && s.ended === undefined ? (
        <Button
          style={{ minHeight: 26 }}
          aria-label={`Disconnect ${visible(s.username)}`}
          onClick={() => cut(s.username ?? "")}
        >
          Disconnect
        </Button>
      ) : null,
  };
}

const askAgain = 3000; // ms

// useAskAgain calls back every few seconds while it is wanted.
function useAskAgain(wanted: boolean, back: () => void): void {
  const latest = useRef(back);
  latest.current = back;
  useEffect(() => {
    if (!wanted) return;
    const timer = setInterval(() => latest.current(), askAgain);
    return () => clearInterval(timer);
  }, [wanted]);
}
