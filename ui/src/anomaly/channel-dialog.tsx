// The dialog in which a channel is made or changed, and tried out before it is stored.
import { useState } from "react";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Segments } from "../ui/segments";
import { ChannelFields } from "./channel-fields";
import { channelTypes, lacking, ofType, wrongWith } from "./channel-form";
import { TestDraft } from "./channel-test";
import type { Channel } from "./settings";
import { severities } from "./words";

interface ChannelDialogProps {
  channel: Channel;
  place: number; // among the channels that are stored, for what is wrong with it; -1: a new one
  onSave: (channel: Channel) => Promise<void>;
  onClose: () => void;
}

export function ChannelDialog({ channel, place, onSave, onClose }: ChannelDialogProps) {
  const [c, setC] = useState(channel);
  const [problem, setProblem] = useState<Problem>();
  const set = (change: Partial<Channel>) => setC((now) => ({ ...now, ...change }));
  const lacks = lacking(c);
  const wrong = (name: string) => problem && wrongWith(problem.body.errors, name, place);
  const quiet = c.quiet_hours;
  return (
    <FormDialog
      title={c.id ? "Change the channel" : "Add a channel"}
      verb={c.id ? "Save channel" : "Add channel"}
      wide
      disabled={lacks !== undefined}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={() => onSave({ ...c, name: c.name.trim() })}
    >
      {!c.id && (
        <Segments
          label="Type"
          value={c.type}
          options={channelTypes}
          onChange={(type) => setC((now) => ofType(now, type))}
        />
      )}
      <div className="pair">
        <TextField
          label="Name"
          maxLength={100}
          value={c.name}
          wrong={wrong("name")}
          onChange={(e) => set({ name: e.target.value })}
        />
        <SelectField
          label="From which severity on"
          value={c.min_severity}
          onChange={(e) => set({ min_severity: e.target.value as Channel["min_severity"] })}
        >
          {severities.map((s) => (
            <option key={s}>{s}</option>
          ))}
        </SelectField>
      </div>
      <ChannelFields channel={c} set={set} wrong={wrong} />
      <CheckField
        label="Send measured values"
        help="Without, messages say that something is unusual, and not what it was."
        checked={c.values}
        onChange={(e) => set({ values: e.target.checked })}
      />
      {c.type !== "mqtt" && (
        <CheckField
          label="The address may be in a private network"
          help="It is requested from where BunkerM runs; such addresses are refused otherwise."
          checked={c.allow_private}
          onChange={(e) => set({ allow_private: e.target.checked })}
        />
      )}
      <CheckField
        label="Quiet hours"
        help="What is held back goes as one digest at their end, without what was over by then."
        checked={quiet !== undefined}
        onChange={(e) => {
          const { quiet_hours: _, ...rest } = c;
          setC(
            e.target.checked ? { ...rest, quiet_hours: { from: "22:00", to: "07:00", also_critical: false } } : rest,
          );
        }}
      />
      {quiet && (
        <>
          <div className="pair">
            <TextField
              label="Quiet from"
              type="time"
              value={quiet.from}
              wrong={wrong("quiet_hours.from")}
              onChange={(e) => set({ quiet_hours: { ...quiet, from: e.target.value } })}
            />
            <TextField
              label="Quiet until"
              type="time"
              value={quiet.to}
              wrong={wrong("quiet_hours.to")}
              onChange={(e) => set({ quiet_hours: { ...quiet, to: e.target.value } })}
            />
          </div>
          <CheckField
            label="Hold critical alerts back too"
            checked={quiet.also_critical}
            onChange={(e) => set({ quiet_hours: { ...quiet, also_critical: e.target.checked } })}
          />
        </>
      )}
      <CheckField label="Switched on" checked={c.enabled} onChange={(e) => set({ enabled: e.target.checked })} />
      <TestDraft channel={c} disabled={lacks !== undefined} />
      {lacks && <p className="quiet small">Still needed: {lacks}.</p>}
    </FormDialog>
  );
}
