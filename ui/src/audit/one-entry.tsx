// One entry of the audit: who, from where, what, and how the thing was before and after.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, take } from "../api/client";
import { Link } from "../frame/link";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { count, many } from "../ui/format";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { type DiffLine, diff, linesOf, shorten } from "./diff";
import { type Entry, targetOf, ways } from "./words";

export function OneEntry({ id, known, onClose }: { id: number; known: Entry | undefined; onClose: () => void }) {
  const found = useQuery({
    queryKey: ["audit", "entry", id],
    // The page before the next id begins with this one, if it is still kept.
    queryFn: async ({ signal }) => {
      const page = await take(api.GET("/audit", { params: { query: { cursor: String(id + 1), limit: 1 } }, signal }));
      return page.entries.find((e) => e.id === id) ?? null;
    },
    enabled: !known,
  });
  const entry = known ?? found.data;
  return (
    <Dialog wide title={`Entry ${count(id)}`} onClose={onClose}>
      {found.isError && <ProblemNotice problem={found.error} retry={() => void found.refetch()} />}
      {!entry && found.isPending && <Waiting what="the entry" />}
      {entry === null && <Notice>This entry is not kept any more.</Notice>}
      {entry && <Told entry={entry} />}
      <div className="foot">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

function Told({ entry }: { entry: Entry }) {
  const target = targetOf(entry.object);
  return (
    <div className="stack">
      <dl className="facts">
        <dt>When</dt>
        <dd>
          <Moment at={entry.time} />
          {entry.count > 1 && `, ${many(entry.count, "time")} within a minute`}
        </dd>
        <dt>Who</dt>
        <dd>
          {entry.actor && (
            <>
              <Text>{entry.actor}</Text>,{" "}
            </>
          )}
          {ways[entry.via]}
          {entry.address && (
            <>
              , from <Text>{entry.address}</Text>
            </>
          )}
        </dd>
        <dt>What</dt>
        <dd>
          <code>
            <Text>{entry.action}</Text>
          </code>{" "}
          <Outcome outcome={entry.outcome} />
        </dd>
        <dt>To</dt>
        <dd className="mono">
          {target ? (
            <Link {...target}>
              <Text>{entry.object}</Text>
            </Link>
          ) : (
            <Text>{entry.object}</Text>
          )}
        </dd>
        {entry.request_id && (
          <>
            <dt>Request</dt>
            <dd className="mono">{entry.request_id}</dd>
          </>
        )}
        <dt>Hash</dt>
        <dd className="mono">{entry.hash}</dd>
      </dl>
      <Change entry={entry} />
    </div>
  );
}

export function Outcome({ outcome }: { outcome: Entry["outcome"] }) {
  return outcome === "done" ? <Badge tone="good">done</Badge> : <Badge tone="warning">{outcome}</Badge>;
}

function Change({ entry }: { entry: Entry }) {
  const lines = useMemo(() => shorten(diff(linesOf(entry.before), linesOf(entry.after))), [entry]);
  if (lines.length === 0) return null;
  return (
    <section className="stack" style={{ gap: 6 }}>
      <h2>{entry.before == null ? "Given" : entry.after == null ? "What was there" : "Change"}</h2>
      <div className="diff" role="region" aria-label="Before and after" tabIndex={0}>
        {lines.map((line, i) =>
          "skipped" in line ? (
            <div key={i} className="quiet">
              <span aria-hidden="true">⋮</span>
              <span>{many(line.skipped, "line")} unchanged</span>
            </div>
          ) : (
            <Line key={i} line={line} />
          ),
        )}
      </div>
    </section>
  );
}

const signs: Record<DiffLine["mark"], [string, string]> = {
  same: ["", ""],
  added: ["+", "added: "],
  removed: ["−", "removed: "],
};

function Line({ line }: { line: DiffLine }) {
  const [sign, spoken] = signs[line.mark];
  return (
    <div className={line.mark}>
      <span aria-hidden="true">{sign}</span>
      <span>
        {spoken && <span className="visually-hidden">{spoken}</span>}
        <Text>{line.text}</Text>
      </span>
    </div>
  );
}
