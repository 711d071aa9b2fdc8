// The name and description that people gave a role or a group.
import { useState } from "react";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { TextArea, TextField } from "../ui/field";
import { Notice } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { Impact, type Planned } from "./impact";
import { useRefresh } from "./objects";

interface Texts {
  textname: string;
  textdescription: string;
}

interface EditTextsProps {
  name: string;
  before: Texts;
  planned: (body: Texts) => Planned;
  save: (body: Texts) => Promise<unknown>;
  onClose: () => void;
}

export function EditTexts({ name, before, planned, save, onClose }: EditTextsProps) {
  const [textname, setTextname] = useState(before.textname);
  const [textdescription, setTextdescription] = useState(before.textdescription);
  const [problem, setProblem] = useState<Problem>();
  const refresh = useRefresh();
  const body = { textname, textdescription };
  const same = textname === before.textname && textdescription === before.textdescription;
  const submit = async () => {
    await save(body);
    toast(`Changed ${visible(name)}.`);
    await refresh();
  };
  return (
    <FormDialog
      title={<>Edit {<Text>{name}</Text>}</>}
      verb="Save changes"
      disabled={same}
      onSubmit={submit}
      onProblem={(p) => {
        setProblem(p);
        if (p.status === 412) void refresh();
      }}
      onClose={onClose}
    >
      <TextField label="Name for people" value={textname} onChange={(e) => setTextname(e.target.value)} />
      <TextArea label="Description" value={textdescription} onChange={(e) => setTextdescription(e.target.value)} />
      <Impact planned={same ? null : planned(body)} />
      {problem?.status === 412 && (
        <Notice tone="warning">
          What is there now was loaded. Save again to keep your words in spite of it, or cancel to see it.
        </Notice>
      )}
    </FormDialog>
  );
}
