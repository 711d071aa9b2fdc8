// How touchy the detectors are, how much they may cost, and what they leave alone.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../api/problem";
import { useMay } from "../frame/session";
import { SaveBar } from "../system/save-bar";
import { TextArea, TextField } from "../ui/field";
import { toast } from "../ui/toast";
import { type Fields, type Settings, saveSettings, settingsQuery } from "./settings";
import { changesOf, formOf, type SettingsForm, sensitivities } from "./settings-form";

type NumberName = "series_budget" | "fleet_budget" | "digest_hour" | "memory_mib";

const numbers: Record<NumberName, { label: string; help: string; min: number; max: number; step: number | "any" }> = {
  series_budget: {
    label: "False alarms per series and day",
    help: "How many are acceptable; 0.1 is one in ten days. It makes the threshold of each series.",
    min: 0.0001,
    max: 10,
    step: "any",
  },
  fleet_budget: {
    label: "Notifications a day",
    help: "Below critical, of all series together. What is beyond comes in the daily digest.",
    min: 0.1,
    max: 100,
    step: "any",
  },
  digest_hour: { label: "Hour of the digest", help: "In the time zone below.", min: 0, max: 23, step: 1 },
  memory_mib: {
    label: "Memory, MiB",
    help: "Beyond it the topics that have been quiet for longest are forgotten.",
    min: 16,
    max: 65536,
    step: 1,
  },
};

export function Detectors({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const change = useMay("settings:write");
  const [draft, setDraft] = useState<Partial<SettingsForm>>({});
  const form = { ...formOf(settings), ...draft };
  const changes = changesOf(form, settings);
  const save = useMutation({ mutationFn: (fields: Fields) => saveSettings(fields) });
  const problem = save.error ? asProblem(save.error) : undefined;
  const set = (now: Partial<SettingsForm>) => setDraft((before) => ({ ...before, ...now }));
  const put = async () => {
    try {
      client.setQueryData(settingsQuery.queryKey, await save.mutateAsync(changes));
    } catch {
      return; // it is shown below the fields
    }
    setDraft({});
    toast("The detectors go by the new settings.");
  };
  // What is wrong with a line of a list is told as body.ignored_topics[2].
  const wrongIn = (name: string) => problem?.body.errors.find((e) => e.location.startsWith(`body.${name}`))?.message;
  return (
    <section className="panel stack" aria-label="Detectors">
      <h2>Detectors</h2>
      <fieldset className="choices" disabled={!change}>
        <legend className="legend">Sensitivity</legend>
        {sensitivities.map((s) => (
          <label key={s.value}>
            <input
              type="radio"
              name="sensitivity"
              checked={form.sensitivity === s.value}
              onChange={() => set({ sensitivity: s.value })}
            />
            <span>
              <strong>{s.label}</strong> <span className="quiet">{s.words}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="ages">
        {(Object.keys(numbers) as NumberName[]).map((name) => (
          <TextField
            key={name}
            type="number"
            {...numbers[name]}
            readOnly={!change}
            value={form[name]}
            wrong={wrongIn(name)}
            onChange={(e) => set({ [name]: e.target.value })}
          />
        ))}
      </div>
      <TextField
        label="Time zone"
        help="Where the people are, as in Europe/Berlin: hours of the week, digest and quiet hours are theirs. Empty: that of BunkerM's host."
        placeholder={Intl.DateTimeFormat().resolvedOptions().timeZone}
        readOnly={!change}
        value={form.time_zone}
        wrong={wrongIn("time_zone")}
        onChange={(e) => set({ time_zone: e.target.value })}
      />
      <div className="columns">
        <TextArea
          label="Topics that are not looked at"
          help="One filter a line, as in test/#."
          mono
          readOnly={!change}
          value={form.ignored_topics}
          wrong={wrongIn("ignored_topics")}
          onChange={(e) => set({ ignored_topics: e.target.value })}
        />
        <TextArea
          label="Topics that are looked at more closely"
          help="One filter a line. Also their course, and all fields of a payload together: about 10 µs a message and 40 KiB a field."
          mono
          readOnly={!change}
          value={form.deep_topics}
          wrong={wrongIn("deep_topics")}
          onChange={(e) => set({ deep_topics: e.target.value })}
        />
      </div>
      {change && (
        <SaveBar
          changed={Object.keys(changes).length > 0}
          busy={save.isPending}
          problem={save.error}
          onSave={() => void put()}
          onReset={() => {
            setDraft({});
            save.reset();
          }}
        />
      )}
    </section>
  );
}
