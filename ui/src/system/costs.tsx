// What BunkerM itself takes: memory, what waits and was dropped, the database.
import { bytes, count, span } from "../ui/format";
import { Notice, sentence } from "../ui/say";
import { Ago } from "../ui/time";
import type { System } from "./state";

export function Costs({ system }: { system: System }) {
  return (
    <div className="stack">
      <OwnProcess system={system} />
      <Queues queues={system.queues} />
      <Database system={system} />
    </div>
  );
}

function OwnProcess({ system }: { system: System }) {
  const { process } = system;
  return (
    <section className="panel">
      <h2>BunkerM's own process</h2>
      <dl className="facts">
        <dt>Memory</dt>
        <dd className="number">
          {bytes(process.memory_bytes)}, {bytes(process.heap_bytes)} of it in use
        </dd>
        <dt>Open files</dt>
        <dd className="number">
          {process.open_files === null ? "not told by this system" : count(process.open_files)}
        </dd>
        <dt>Goroutines</dt>
        <dd className="number">{count(process.goroutines)}</dd>
        {system.disk_free_bytes !== null && (
          <>
            <dt>Free disk</dt>
            <dd className="number">
              {bytes(system.disk_free_bytes)}
              {system.database.floor_bytes > 0 && (
                <span className="quiet"> · recording stops below {bytes(system.database.floor_bytes)}</span>
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Queues({ queues }: { queues: System["queues"] }) {
  const sized = (n: number, unit: string) => (unit === "bytes" ? bytes(n) : count(n));
  return (
    <section className="panel">
      <h2>Queues</h2>
      <p className="help-line">
        What waits is done a moment later. What is dropped is lost to BunkerM, not to devices.
      </p>
      <div className="scrolls" tabIndex={0} role="region" aria-label="What waits">
        <table className="sheet">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col" className="end">
                Waiting
              </th>
              <th scope="col" className="end">
                Room
              </th>
              <th scope="col" className="end">
                Dropped
              </th>
            </tr>
          </thead>
          <tbody>
            {queues.map((q) => (
              <tr key={q.name}>
                <th scope="row">{q.name.charAt(0).toUpperCase() + q.name.slice(1)}</th>
                <td className="end">{sized(q.queued, q.unit)}</td>
                <td className="end">{q.limit === null ? "–" : sized(q.limit, q.unit)}</td>
                <td className="end">{q.dropped > 0 ? <strong>{count(q.dropped)}</strong> : "0"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const kinds: Record<string, string> = {
  audit: "Audit",
  events: "Events",
  publishes: "Who published what",
  "history raw": "Figures, 10 seconds",
  "history 1min": "Figures, a minute",
  "history 15min": "Figures, 15 minutes",
};

function kindName(name: string): string {
  return kinds[name] ?? name;
}

function Database({ system: { database } }: { system: System }) {
  return (
    <section className="panel">
      <h2>Database</h2>
      {database.detail && (
        <Notice tone={database.state === "failing" ? "bad" : "warning"}>
          <strong>{sentence(database.detail)}</strong>
          {database.hint && <div>{sentence(database.hint)}</div>}
        </Notice>
      )}
      <div className="row apart number" style={{ marginBottom: 4 }}>
        <span>
          {bytes(database.used_bytes)} used{database.limit_bytes > 0 && ` of ${bytes(database.limit_bytes)}`}
        </span>
        <span className="quiet">file {bytes(database.bytes)}</span>
      </div>
      <Gauge label="Database" value={database.used_bytes} limit={database.limit_bytes} />
      <div className="scrolls" style={{ marginTop: 12 }} tabIndex={0} role="region" aria-label="What is stored">
        <table className="sheet">
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col" className="end">
                Rows
              </th>
              <th scope="col" className="end">
                Size
              </th>
              <th scope="col">Of its share</th>
              <th scope="col">Oldest</th>
              <th scope="col">Kept</th>
            </tr>
          </thead>
          <tbody>
            {database.kinds.map((kind) => (
              <tr key={kind.name}>
                <th scope="row">{kindName(kind.name)}</th>
                <td className="end">{count(kind.rows)}</td>
                <td className="end">{bytes(kind.bytes)}</td>
                <td>
                  <Gauge label={kindName(kind.name)} value={kind.bytes} limit={kind.limit_bytes} />
                </td>
                <td style={{ whiteSpace: "nowrap" }}>
                  <Ago at={kind.oldest} />
                </td>
                <td style={{ whiteSpace: "nowrap" }}>
                  {kind.age_seconds > 0 ? span(kind.age_seconds) : "while there is room"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const nearlyFull = 0.9;

// Gauge draws how much of a limit is used, and says it in percent.
function Gauge({ label, value, limit }: { label: string; value: number; limit: number }) {
  const part = limit > 0 ? Math.min(1, value / limit) : 0;
  return (
    <span
      className={`gauge ${part > nearlyFull ? "full" : ""}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      title={`${Math.round(part * 100)} %`}
    >
      <span style={{ width: `${part * 100}%` }} />
    </span>
  );
}
