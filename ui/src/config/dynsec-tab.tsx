// The tab of the dynamic security file: take it, and put another one in its place after a dry run has told what would be.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { address, api, type Schemas } from "../api/client";
import { asProblem } from "../api/problem";
import { useMay } from "../frame/session";
import { useStats } from "../monitor/stats";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { bytes, many } from "../ui/format";
import { Badge, Notice, ProblemNotice, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { OutOfReach } from "./banners";
import { DynsecDiff, isEmpty } from "./dynsec-diff";
import { DynsecOutcome } from "./dynsec-outcome";
import { useSteps } from "./state";
import { Steps } from "./steps";
import { effectWords } from "./words";

type DynsecChanged = Schemas["DynsecChanged"];

const largest = 32 << 20; // bytes; what the server takes
const pasted = 200_000; // characters; more is no text for a field

interface Asked {
  text: string;
  dryRun: boolean;
  restart?: boolean;
  etag?: string;
  watch?: string;
}

async function put({ text, dryRun, restart, etag, watch }: Asked): Promise<{ done: DynsecChanged; etag: string }> {
  const { data, response } = await api.PUT("/config/dynsec", {
    params: {
      query: { dry_run: dryRun, ...(restart && { restart }), ...(watch && { watch }) },
      ...(etag && { header: { "If-Match": etag } }),
    },
    body: text as never, // the file goes as it is
    bodySerializer: (body: unknown) => body as string,
    headers: { "Content-Type": "application/json" },
  });
  return { done: data as DynsecChanged, etag: response.headers.get("ETag") ?? "" };
}

export function DynsecTab() {
  const write = useMay("config:write");
  return (
    <div className="columns">
      <Download />
      {write ? <Replace /> : null}
    </div>
  );
}

function Download() {
  const secrets = useMay("config:secrets");
  const [asking, setAsking] = useState(false);
  return (
    <section className="panel stack">
      <h2>Download</h2>
      <p className="quiet">
        All clients, roles and groups, as the broker keeps them in dynamic-security.json. Without hashes, passwords read
        «unchanged», and putting the file back keeps them.
      </p>
      <div className="row">
        <a className="button" href={address("api/config/dynsec")} download="dynamic-security.json">
          Download
        </a>
        {secrets && <Button onClick={() => setAsking(true)}>Download with hashes…</Button>}
      </div>
      {asking && (
        <Dialog
          title="Download with password hashes"
          about="Whoever has the file can try to guess the passwords. Keep it as you keep a backup of the broker. The audit records that you took it."
          onClose={() => setAsking(false)}
        >
          <div className="foot">
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <a
              className="button primary"
              href={address("api/config/dynsec?secrets=true")}
              download="dynamic-security.json"
              onClick={() => setAsking(false)}
            >
              Download with hashes
            </a>
          </div>
        </Dialog>
      )}
    </section>
  );
}

function Replace() {
  const queries = useQueryClient();
  const clients = useStats().data?.clients.connected;
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [refused, setRefused] = useState("");
  const { steps, begin } = useSteps();
  const began = useRef(0);
  const rehearsal = useMutation({ mutationFn: (of: string) => put({ text: of, dryRun: true }) });
  const act = useMutation({
    mutationFn: (plan: { etag: string; restart: boolean }) => {
      began.current = Date.now();
      return put({ text, dryRun: false, ...plan, watch: begin() });
    },
    onSettled: () => Promise.all(["config", "dynsec"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
  const take = (now: string, from = "") => {
    setText(now);
    setName(from);
    setRefused("");
    rehearsal.reset();
    act.reset();
  };
  const choose = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > largest) {
      setRefused(`The file has ${bytes(file.size)}; at most ${bytes(largest)} are taken.`);
      return;
    }
    const now = await file.text();
    take(now, file.name);
    rehearsal.mutate(now);
  };
  const plan = rehearsal.data;
  const failure = rehearsal.isError ? asProblem(rehearsal.error) : undefined;
  return (
    <section className="panel stack">
      <h2>Put another file in its place</h2>
      <div className="field">
        <label htmlFor="dynsec-file">File</label>
        <input
          id="dynsec-file"
          type="file"
          accept=".json,application/json"
          disabled={act.isPending}
          onChange={(e) => void choose(e.target.files?.[0])}
        />
      </div>
      {refused && <Notice tone="bad">{refused}</Notice>}
      {text.length <= pasted ? (
        <TextArea
          label="or its text"
          mono
          rows={6}
          value={text}
          disabled={act.isPending}
          placeholder='{"defaultACLAccess": {…}, "clients": […], "groups": […], "roles": […]}'
          onChange={(e) => take(e.target.value)}
        />
      ) : (
        <p className="quiet">
          <Text>{name || "The text"}</Text>, {bytes(text.length)}.
        </p>
      )}
      <div className="row">
        <Button
          look={plan ? undefined : "primary"}
          disabled={!text.trim() || act.isPending}
          busy={rehearsal.isPending}
          onClick={() => rehearsal.mutate(text)}
        >
          Dry run
        </Button>
        <span className="quiet small">Says what would change. Nothing is changed by it.</span>
      </div>
      {failure?.status === 409 && failure.body.errors.length === 0 ? (
        <OutOfReach problem={failure} />
      ) : (
        failure && <ProblemNotice problem={failure} />
      )}
      {act.isSuccess && <DynsecOutcome done={act.data.done} />}
      {act.isError && <ProblemNotice problem={act.error} />}
      {act.isError && asProblem(act.error).status === 412 && (
        <div>
          <Button onClick={() => rehearsal.mutate(text)}>Dry run against what is there now</Button>
        </div>
      )}
      <Steps steps={steps} busy={act.isPending} from={began.current} />
      {plan && !act.isSuccess && (
        <Plan
          plan={plan.done}
          clients={clients}
          busy={act.isPending}
          onApply={() => act.mutate({ etag: plan.etag, restart: plan.done.effect === "restart" })}
        />
      )}
    </section>
  );
}

interface PlanProps {
  plan: DynsecChanged;
  clients: number | null | undefined;
  busy: boolean;
  onApply: () => void;
}

function Plan({ plan, clients, busy, onApply }: PlanProps) {
  const wrong = plan.problems.some((p) => p.severity === "error");
  const nothing = plan.effect === "none" || isEmpty(plan.diff);
  return (
    <>
      {plan.problems.length > 0 && (
        <ul className="problems" aria-label="Problems of the file">
          {plan.problems.map((p, i) => (
            <li key={i}>
              <Badge tone={p.severity === "error" ? "bad" : "warning"}>{p.severity}</Badge>
              <div>
                <div>
                  <Text>{sentence(p.message)}</Text>
                </div>
                {p.hint && (
                  <div className="quiet small">
                    <Text>{sentence(p.hint)}</Text>
                  </div>
                )}
              </div>
              <span className="mono quiet small">
                <Text>{p.path}</Text>
              </span>
            </li>
          ))}
        </ul>
      )}
      {!nothing && (
        <Notice tone={plan.effect === "restart" ? "warning" : "notice"}>
          <strong>
            {plan.effect === "restart"
              ? effectWords("restart", clients)
              : "It is changed live: only the clients concerned are disturbed."}
          </strong>
          {plan.effect === "live" && plan.disconnects_total > 0 && (
            <div>
              {many(plan.disconnects_total, "client is", "clients are")} disconnected once:{" "}
              <span className="mono">
                <Text>{plan.disconnects.slice(0, 10).join(", ")}</Text>
              </span>
              {plan.disconnects_total > 10 && " and more"}.
            </div>
          )}
          {plan.reasons.map((reason) => (
            <div key={reason}>
              <Text>{sentence(reason)}</Text>
            </div>
          ))}
        </Notice>
      )}
      {!nothing && (
        <div className="row">
          <Button
            look={plan.effect === "restart" ? "danger" : "primary"}
            disabled={wrong}
            busy={busy}
            onClick={onApply}
          >
            {plan.effect === "restart" ? "Restart and apply" : "Apply"}
          </Button>
          {wrong && <span className="quiet small">An error keeps it from being applied.</span>}
        </div>
      )}
      <DynsecDiff diff={plan.diff} />
    </>
  );
}
