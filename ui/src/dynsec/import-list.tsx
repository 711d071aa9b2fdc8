// Clients from a list, CSV or JSON: it is read, rehearsed and shown before anything is changed.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { bytes, count, many, span } from "../ui/format";
import { Notice, Snippet, sentence } from "../ui/say";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { ImportEnd, Rehearsed } from "./import-end";
import { useRefresh } from "./objects";

type Result = Schemas["ImportResult"];
type Existing = "skip" | "update";
type Method = "live" | "restart";

const largest = 10 * 1024 * 1024; // bytes; what the server takes

const example = `username,password,textname,roles,groups
lamp,change-me-1,Lamp in the hall,reader;writer@5,home
sensor-7,change-me-2,"Sensor, roof",,sensors
`;

interface Asked {
  text: string;
  existing: Existing;
  method: Method;
  dryRun: boolean;
}

function send({ text, existing, method, dryRun }: Asked): Promise<Result> {
  const isJSON = /^\ufeff?\s*\[/.test(text);
  return take(
    api.POST("/dynsec/clients/import", {
      params: { query: { existing, method, dry_run: dryRun } },
      headers: { "Content-Type": isJSON ? "application/json" : "text/csv" },
      body: text as never, // the file goes as it is, whichever of the two it holds
      bodySerializer: (body: unknown) => body as string,
    }),
  );
}

export function ImportList({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<{ name: string; text: string }>();
  const [refused, setRefused] = useState("");
  const [existing, setExisting] = useState<Existing>("skip");
  const [method, setMethod] = useState<Method>("live");
  const rehearsal = useMutation({ mutationFn: send });
  const act = useMutation({ mutationFn: send });
  const refresh = useRefresh();
  const rehearse = (text: string, e: Existing, m: Method) =>
    rehearsal.mutate({ text, existing: e, method: m, dryRun: true });
  const choose = async (chosen: File | undefined) => {
    if (!chosen) return;
    act.reset();
    if (chosen.size > largest) {
      setRefused(`The file has ${bytes(chosen.size)}; at most ${bytes(largest)} can be imported at once.`);
      return;
    }
    setRefused("");
    const text = await chosen.text();
    setFile({ name: chosen.name, text });
    rehearse(text, existing, method);
  };
  const start = async () => {
    if (!file) return;
    await act.mutateAsync({ text: file.text, existing, method, dryRun: false }).catch(() => undefined);
    await refresh();
  };
  const plan = rehearsal.data;
  const changes = plan ? plan.created + plan.updated : 0;
  return (
    <div className="stack">
      <div className="field">
        <label htmlFor="import-file">File</label>
        <input
          id="import-file"
          type="file"
          accept=".csv,.json,text/csv,application/json"
          disabled={act.isPending}
          onChange={(e) => void choose(e.target.files?.[0])}
        />
      </div>
      {refused && <Notice tone="bad">{refused}</Notice>}
      {!file && (
        <details>
          <summary>What the file looks like</summary>
          <div className="stack" style={{ paddingTop: 8 }}>
            <Snippet text={example} />
            <p className="quiet small">
              Columns in any order; only username is needed. Several roles or groups in a cell are separated by
              semicolons, a priority stands behind the last @. Roles and groups must exist.
            </p>
          </div>
        </details>
      )}
      {file && !act.data && (
        <>
          <div className="row">
            <span>Clients that exist already</span>
            <Segments
              label="Clients that exist already"
              value={existing}
              options={[
                { value: "skip", label: "Leave as they are" },
                { value: "update", label: "Change to what the file says" },
              ]}
              onChange={(e) => {
                setExisting(e);
                rehearse(file.text, e, method);
              }}
            />
          </div>
          <div className="row">
            <span>Method</span>
            <Segments
              label="Method"
              value={method}
              options={[
                { value: "live", label: "While the broker runs" },
                { value: "restart", label: "With a restart" },
              ]}
              onChange={(m) => {
                setMethod(m);
                rehearse(file.text, existing, m);
              }}
            />
          </div>
          {method === "restart" && plan && plan.method === "restart" && changes > 0 && (
            <Notice tone="warning">
              The broker is stopped, its file written, and it is started again. That disconnects{" "}
              {plan.sessions_cut === null ? "every session" : many(plan.sessions_cut, "session")}, but is quick for
              thousands of clients.
            </Notice>
          )}
          <Rehearsed
            {...rehearsal}
            reading={
              <>
                Reading <Text>{file.name}</Text>…
              </>
            }
            show={(r) => <Outcome result={r} />}
          />
        </>
      )}
      <ImportEnd
        act={act}
        plan={plan}
        clients={changes}
        ready={!rehearsal.isPending && changes > 0}
        show={(r) => <Outcome result={r} />}
        onStart={() => void start()}
        onClose={onClose}
      />
    </div>
  );
}

// Outcome says what a file does or did, line by line where it failed.
function Outcome({ result }: { result: Result }) {
  const would = result.dry_run ? "would be " : "";
  return (
    <div className="stack" role="status">
      <dl className="facts">
        <dt>Created</dt>
        <dd>{many(result.created, "client")}</dd>
        <dt>Updated</dt>
        <dd>{many(result.updated, "client")}</dd>
        <dt>Skipped</dt>
        <dd>{many(result.skipped, "client")} that exist already</dd>
        <dt>{result.dry_run ? "Takes about" : "Took"}</dt>
        <dd>{span(result.dry_run ? result.estimate_seconds : result.took_seconds)}</dd>
        {!result.dry_run && result.method === "restart" && (
          <>
            <dt>Disconnected</dt>
            <dd>{result.sessions_cut === null ? "every session" : many(result.sessions_cut, "session")}</dd>
          </>
        )}
      </dl>
      {result.unfinished && <Notice tone="warning">{sentence(result.unfinished)}</Notice>}
      {result.failed.length > 0 && (
        <Notice tone="warning">
          <strong>
            {many(result.failed.length, "line")} {would}left out
          </strong>
          <ul className="failures">
            {result.failed.slice(0, 500).map((f) => (
              <li key={`${f.line} ${f.reason}`}>
                line {count(f.line)}
                {f.username && (
                  <>
                    , <span className="mono">{<Text>{f.username}</Text>}</span>
                  </>
                )}
                : {f.reason}
              </li>
            ))}
            {result.failed.length > 500 && <li>and {many(result.failed.length - 500, "more line", "more lines")}</li>}
          </ul>
        </Notice>
      )}
    </div>
  );
}
