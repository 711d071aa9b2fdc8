// The tab Alerts: what is strange, what is not over first.
import { useMemo } from "react";
import { api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { usePages } from "../ui/pages";
import { Empty, Notice, ProblemNotice, Waiting } from "../ui/say";
import { AlertCard } from "./alert-card";
import { AlertFilters, askedBy } from "./alert-filters";
import type { Alert, AlertPage } from "./alerts";
import { Calm } from "./calm";
import { useHeld } from "./use-held";

const pageSize = 25;

interface Rows {
  rows: Alert[];
  total: number;
  next: string | undefined;
  answer: AlertPage;
}

export function AlertsTab() {
  const [filters, setFilters] = useFilters();
  const asked = useMemo(() => askedBy(filters), [filters]);
  const list = usePages<Alert, Rows>({
    key: ["ai", "alerts", "pages", asked],
    load: async (cursor, signal) => {
      const query = { ...asked, limit: pageSize, ...(cursor && { cursor }) };
      const answer = await take(api.GET("/ai/alerts", { params: { query }, signal }));
      return { rows: answer.alerts, total: answer.total, next: answer.next_cursor, answer };
    },
  });
  const shown = useHeld(JSON.stringify(asked), list.rows);
  const answer = list.pages[0]?.answer;
  const open = Object.values(answer?.open ?? {}).reduce((sum, n) => sum + n, 0);
  const narrowed = Object.keys(asked).length > 0;
  return (
    <div className="stack">
      {answer?.learned && <Notice>{answer.learned}</Notice>}
      {answer && open === 0 && !filters.status && <Calm />}
      <AlertFilters filters={filters} setFilters={setFilters} />
      {list.table.problem != null && <ProblemNotice problem={list.table.problem} retry={list.table.onRetry} />}
      {!answer && list.table.problem == null && <Waiting what="alerts" rows={6} />}
      {answer && list.rows.length === 0 && narrowed && (
        <Empty
          action={
            <Button onClick={() => setFilters({ status: "", severity: "", kind: "", entity: "", from: "" })}>
              Clear filters
            </Button>
          }
        >
          No alert is like that.
        </Empty>
      )}
      {answer && list.rows.length > 0 && (
        <p className="quiet small" role="status">
          {many(list.total ?? 0, "alert")}
          {open > 0 && `, ${count(open)} not over`}.
        </p>
      )}
      {shown.fresh > 0 && (
        <Button className="fresh" onClick={shown.takeIn}>
          {count(shown.fresh)} new
        </Button>
      )}
      <ul className={`alert-cards ${list.table.stale ? "stale" : ""}`} aria-label="Alerts" {...shown.frame}>
        {shown.rows.map(({ row, gone }) => (
          <AlertCard key={row.id} alert={row} gone={gone} />
        ))}
      </ul>
      {list.table.hasMore && <Button onClick={list.table.onMore}>Show more</Button>}
    </div>
  );
}
