// The choice of a time that no preset names.
import { useState } from "react";
import { fromField, toField } from "../clientlogs/event-filters";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";

interface OtherTimeProps {
  from: string;
  to: string;
  onChoose: (from: string, to: string) => void;
  onClose: () => void;
}

export function OtherTime({ from, to, onChoose, onClose }: OtherTimeProps) {
  const [begin, setBegin] = useState(toField(from));
  const [end, setEnd] = useState(toField(to));
  const wrong = begin && end && begin >= end ? "The end is before the beginning." : undefined;
  return (
    <FormDialog
      title="Lines of another time"
      about="On your clock. An empty field sets no bound."
      verb="Show lines"
      disabled={Boolean(wrong)}
      onSubmit={async () => onChoose(fromField(begin), fromField(end))}
      onClose={onClose}
    >
      <TextField label="From" type="datetime-local" step={1} value={begin} onChange={(e) => setBegin(e.target.value)} />
      <TextField
        label="To"
        type="datetime-local"
        step={1}
        value={end}
        wrong={wrong}
        onChange={(e) => setEnd(e.target.value)}
      />
    </FormDialog>
  );
}
