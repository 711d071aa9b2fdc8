// Whether it is recorded who published what. The broker tells this in its debug log alone, which costs it something.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useMay } from "../frame/session";
import { TextArea, TextField } from "../ui/field";
import { amount, count } from "../ui/format";
import { Badge, Notice, ProblemNotice, sentence, type Tone, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago, Until } from "../ui/time";
import { toast } from "../ui/toast";
import { fromLines, toLines } from "./lines";
import { SaveBar } from "./save-bar";
import { recordingQuery } from "./state";

type Now = Schemas["PublishEventsAnswer"];
type Fields = Schemas["PublishEventsFields"];
type Mode = Now["mode"];

const modes: Record<Mode, { title: string; about: string }> = {
  auto: {
    title: "Automatically",
    about: "All of it while the broker is quiet. Pauses by itself when it gets busy, so that nobody notices a cost.",
  },
  full: {
    title: "Always",
    about: "Never pauses. The broker writes a line for every message, which can double the CPU time of a busy one.",
  },
  trace: {
    title: "For some, for a while",
    about: "Some clients or topics, to find a fault. Costs as much as always, and ends by itself.",
  },
  off: { title: "Off", about: "Costs nothing. Connections, subscriptions and refusals are recorded all the same." },
};

const states: Record<Now["state"], { tone?: Tone; words: string }> = {
  recording: { tone: "good", words: "recording" },
  paused: { tone: "warning", words: "paused" },
  unavailable: { tone: "bad", words: "not possible now" },
  off: { words: "off" },
};

interface Draft {
  mode?: Mode;
  threshold?: string;
  minutes?: string;
  clients?: string;
  topics?: string;
}

export function PublishEvents() {
  const client = useQueryClient();
  const change = useMay("settings:write");
  const settings = useQuery(recordingQuery);
  const [draft, setDraft] = useState<Draft>({});
  const save = useMutation({
    mutationFn: (publish_events: Fields) => take(api.PUT("/settings/clientlogs", { body: { publish_events } })),
    onSuccess: (now) => client.setQueryData(recordingQuery.queryKey, now),
  });
  if (settings.isPending) return <Waiting what="the settings" />;
  if (settings.isError && !settings.data) {
    return <ProblemNotice problem={settings.error} retry={() => void settings.refetch()} />;
  }
  const { publish_events: now, available } = settings.data;
  const mode = draft.mode ?? now.mode;
  const threshold = draft.threshold ?? String(now.threshold_per_second);
  const put = async () => {
    const fields: Fields = { mode };
    if (mode === "auto" && draft.threshold !== undefined) fields.threshold_per_second = Number(threshold);
    if (mode === "trace") {
      fields.trace = {
        minutes: Number(draft.minutes ?? 10),
        client_ids: fromLines(draft.clients ?? toLines(now.trace?.client_ids ?? [])),
        topics: fromLines(draft.topics ?? toLines(now.trace?.topics ?? [])),
      };
    }
    const before = now.mode;
    try {
      await save.mutateAsync(fields);
    } catch {
      return; // it is shown below the fields
    }
    setDraft({});
    const undo = before === "trace" || before === mode ? undefined : () => save.mutateAsync({ mode: before });
    toast(`Who publishes what: ${modes[mode].title.toLowerCase()}.`, undo);
  };
  return (
    <section className="panel stack">
      <div>
        <h2>Who published what</h2>
        <p className="quiet">Messages as events, with the client that sent them. What they say is never recorded.</p>
      </div>
      <StateNow now={now} />
      {available.why_not && (
        <Notice tone={available.publish_events ? "notice" : "warning"}>{sentence(available.why_not)}</Notice>
      )}
      {change ? (
        <>
          <Modes value={mode} onChange={(next) => setDraft({ ...draft, mode: next })} />
          {mode === "auto" && (
            <TextField
              label="Busy from"
              type="number"
              min={1}
              max={100000}
              style={{ maxWidth: 140 }}
              help={`Messages a second from which recording pauses. It is ${amount(now.rate_per_second)} now.`}
              value={threshold}
              onChange={(e) => setDraft({ ...draft, threshold: e.target.value })}
            />
          )}
          {mode === "trace" && <TraceFields draft={draft} trace={now.trace} onChange={setDraft} />}
          <SaveBar
            changed={
              Object.keys(draft).length > 0 &&
              (mode !== now.mode || mode === "trace" || threshold !== String(now.threshold_per_second))
            }
            busy={save.isPending}
            problem={save.error}
            onSave={() => void put()}
            onReset={() => {
              setDraft({});
              save.reset();
            }}
          />
        </>
      ) : (
        <p>
          <strong>{modes[now.mode].title}.</strong> {modes[now.mode].about}
        </p>
      )}
    </section>
  );
}

function StateNow({ now }: { now: Now }) {
  const { tone, words } = states[now.state];
  return (
    <div className="stack" style={{ gap: 4 }}>
      <div className="row">
        <Badge {...(tone && { tone })}>{words}</Badge>
        <span className="quiet">
          since <Ago at={now.since} />, {amount(now.rate_per_second)} messages a second now
        </span>
      </div>
      {now.reason && now.reason !== now.last_error?.message && <div>{sentence(now.reason)}</div>}
      {now.last_error && (
        <Notice tone="bad">
          <strong>{sentence(now.last_error.message)}</strong>
          {now.last_error.hint && <div>{sentence(now.last_error.hint)}</div>}
        </Notice>
      )}
      {now.trace && (
        <div>
          Tracing{" "}
          {[...now.trace.client_ids, ...now.trace.topics].map((name, i) => (
            <span key={name}>
              {i > 0 && ", "}
              <span className="mono">
                <Text>{name}</Text>
              </span>
            </span>
          ))}
          , ends <Until at={now.trace.until} />
        </div>
      )}
    </div>
  );
}

function Modes({ value, onChange }: { value: Mode; onChange: (mode: Mode) => void }) {
  const id = useId();
  return (
    <fieldset className="choices">
      <legend>Record</legend>
      {(Object.keys(modes) as Mode[]).map((mode) => (
        <div className="choice" key={mode}>
          <input
            type="radio"
            id={id + mode}
            name={id}
            checked={mode === value}
            aria-describedby={`${id + mode}-about`}
            onChange={() => onChange(mode)}
          />
          <label htmlFor={id + mode}>{modes[mode].title}</label>
          <div className="about quiet" id={`${id + mode}-about`}>
            {modes[mode].about}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

interface TraceFieldsProps {
  draft: Draft;
  trace: Now["trace"];
  onChange: (draft: Draft) => void;
}

const mostTraced = 20;

function TraceFields({ draft, trace, onChange }: TraceFieldsProps) {
  return (
    <>
      <TextField
        label="Minutes"
        type="number"
        min={1}
        max={1440}
        style={{ maxWidth: 140 }}
        help="Then the choice from before holds again."
        value={draft.minutes ?? "10"}
        onChange={(e) => onChange({ ...draft, minutes: e.target.value })}
      />
      <TextArea
        label="Client ids"
        mono
        rows={2}
        help={`One a line; together with the topics at most ${count(mostTraced)}.`}
        value={draft.clients ?? toLines(trace?.client_ids ?? [])}
        onChange={(e) => onChange({ ...draft, clients: e.target.value })}
      />
      <TextArea
        label="Topic filters"
        mono
        rows={2}
        help="One a line."
        value={draft.topics ?? toLines(trace?.topics ?? [])}
        onChange={(e) => onChange({ ...draft, topics: e.target.value })}
      />
    </>
  );
}
