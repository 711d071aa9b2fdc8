// The dialog in which a plain rule is made or changed.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { Segments } from "../ui/segments";
import { createRule, replaceRule } from "./rule-calls";
import { bodyOf, missing, type RuleForm, type Unit, units, wordsOf } from "./rule-form";
import { severities } from "./words";

export function RuleDialog({ rule, onClose }: { rule: RuleForm; onClose: () => void }) {
  const client = useQueryClient();
  const [f, setF] = useState(rule);
  const [problem, setProblem] = useState<Problem>();
  const set = (change: Partial<RuleForm>) => setF((now) => ({ ...now, ...change }));
  const lacks = missing(f);
  const range = f.kind === "range";
  return (
    <FormDialog
      title={f.id ? "Change the rule" : "Add a rule"}
      about="At work at once, whatever is learned: it alarms when it is broken, and is over when it is kept again."
      verb={f.id ? "Save rule" : "Add rule"}
      disabled={lacks !== undefined}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={async () => {
        await (f.id ? replaceRule(f.id, bodyOf(f)) : createRule(bodyOf(f)));
        void client.invalidateQueries({ queryKey: ["ai"] });
      }}
    >
      <Segments
        label="Kind of rule"
        value={f.kind}
        options={[
          { value: "silent", label: "Nothing comes" },
          { value: "range", label: "A value is outside" },
        ]}
        onChange={(kind) => set({ kind })}
      />
      {!range && (
        <Segments
          label="About"
          value={f.about}
          options={[
            { value: "topic", label: "Topics" },
            { value: "client", label: "A client" },
          ]}
          onChange={(about) => set({ about })}
        />
      )}
      {!range && f.about === "client" ? (
        <TextField
          label="Client id"
          help="Broken while it is not connected."
          mono
          value={f.client}
          wrong={problem?.field("client")}
          onChange={(e) => set({ client: e.target.value })}
        />
      ) : (
        <TextField
          label="Topic"
          help="A filter; + stands for one level, # for all below. Each topic is looked at by itself."
          mono
          placeholder="site/+/temperature"
          value={f.topic}
          wrong={problem?.field("topic")}
          onChange={(e) => set({ topic: e.target.value })}
        />
      )}
      {range && (
        <>
          <TextField
            label="Field"
            help="Of a JSON payload, as in battery.voltage. Empty for a payload that is a plain number."
            mono
            value={f.field}
            wrong={problem?.field("field")}
            onChange={(e) => set({ field: e.target.value })}
          />
          <div className="pair">
            <TextField
              label="Not below"
              inputMode="decimal"
              value={f.low}
              wrong={problem?.field("low")}
              onChange={(e) => set({ low: e.target.value })}
            />
            <TextField
              label="Not above"
              inputMode="decimal"
              value={f.high}
              wrong={problem?.field("high")}
              onChange={(e) => set({ high: e.target.value })}
            />
          </div>
        </>
      )}
      <div className="pair">
        <TextField
          label={range ? "For longer than" : "Silent for longer than"}
          type="number"
          min={0}
          step="any"
          value={f.length}
          wrong={problem?.field("seconds")}
          onChange={(e) => set({ length: e.target.value })}
        />
        <SelectField label="Unit" value={f.unit} onChange={(e) => set({ unit: e.target.value as Unit })}>
          {Object.keys(units).map((u) => (
            <option key={u}>{u}</option>
          ))}
        </SelectField>
      </div>
      <SelectField
        label="How bad that is"
        value={f.severity}
        onChange={(e) => set({ severity: e.target.value as RuleForm["severity"] })}
      >
        {severities.map((s) => (
          <option key={s}>{s}</option>
        ))}
      </SelectField>
      <TextField
        label="Name"
        help="Empty: it is called by what it demands."
        maxLength={100}
        placeholder={lacks ? "" : wordsOf(f)}
        value={f.name}
        wrong={problem?.field("name")}
        onChange={(e) => set({ name: e.target.value })}
      />
      {lacks && <p className="quiet small">Still needed: {lacks}.</p>}
    </FormDialog>
  );
}
