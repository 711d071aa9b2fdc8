// How long things are kept, where there is room for them.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useMay } from "../frame/session";
import { TextField } from "../ui/field";
import { count } from "../ui/format";
import { ProblemNotice, Waiting } from "../ui/say";
import { toast } from "../ui/toast";
import { SaveBar } from "./save-bar";
import { observationQuery, recordingQuery } from "./state";

const ages = {
  events_days: { label: "Events, days", most: 3650, of: "clientlogs" },
  publishes_days: { label: "Who published what, days", most: 3650, of: "clientlogs" },
  raw_hours: { label: "Figures every 10 seconds, hours", most: 744, of: "monitor" },
  minute_days: { label: "Figures every minute, days", most: 366, of: "monitor" },
  quarter_days: { label: "Figures every 15 minutes, days", most: 3660, of: "monitor" },
} as const;

type Age = keyof typeof ages;
type Ages = Record<Age, number>;

export function Retention() {
  const client = useQueryClient();
  const change = useMay("settings:write");
  const figures = useQuery(observationQuery);
  const events = useQuery({ ...recordingQuery, enabled: useMay("clientlogs:read") });
  const [draft, setDraft] = useState<Partial<Record<Age, string>>>({});
  const save = useMutation({
    mutationFn: async (wanted: Partial<Ages>) => {
      const of = (part: "clientlogs" | "monitor") => {
        const mine = Object.entries(wanted).filter(([age]) => ages[age as Age].of === part);
        return mine.length > 0 ? { retention: Object.fromEntries(mine) } : undefined;
      };
      const [a, b] = [of("monitor"), of("clientlogs")];
      if (a) client.setQueryData(observationQuery.queryKey, await take(api.PUT("/settings/monitor", { body: a })));
      if (b) client.setQueryData(recordingQuery.queryKey, await take(api.PUT("/settings/clientlogs", { body: b })));
    },
  });
  const failed = [figures, events].find((query) => query.isError && !query.data);
  if (failed) return <ProblemNotice problem={failed.error} retry={() => void failed.refetch()} />;
  if (!figures.data) return <Waiting what="the settings" />;
  const stored: Partial<Ages> = { ...figures.data.retention, ...events.data?.retention };
  const shown = (Object.keys(ages) as Age[]).filter((age) => stored[age] !== undefined);
  const changed = shown.filter((age) => draft[age] !== undefined && draft[age] !== String(stored[age]));
  const shorter = changed.some((age) => Number(draft[age]) < (stored[age] ?? 0));
  const put = async () => {
    try {
      await save.mutateAsync(Object.fromEntries(changed.map((age) => [age, Number(draft[age])])));
    } catch {
      return; // it is shown below the fields
    }
    setDraft({});
    toast("How long things are kept was changed.");
  };
  return (
    <section className="panel stack">
      <div>
        <h2>Retention</h2>
        <p className="quiet">Older things are deleted. When the database is full the oldest go earlier.</p>
      </div>
      {change ? (
        <>
          <div className="ages">
            {shown.map((age) => (
              <TextField
                key={age}
                label={ages[age].label}
                type="number"
                min={1}
                max={ages[age].most}
                value={draft[age] ?? String(stored[age])}
                onChange={(e) => setDraft({ ...draft, [age]: e.target.value })}
              />
            ))}
          </div>
          {shorter && <p role="status">Saving deletes what is older than the shorter time. It cannot be undone.</p>}
          <SaveBar
            changed={changed.length > 0}
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
        <dl className="facts">
          {shown.map((age) => (
            <div key={age} style={{ display: "contents" }}>
              <dt>{ages[age].label}</dt>
              <dd className="number">{count(stored[age] ?? 0)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
