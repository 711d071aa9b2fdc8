// A dialog that has a certificate made anew, and takes further names for it.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { toast } from "../ui/toast";
import { namesOf } from "./open-tls";
import { certsKey } from "./state";

interface NamesDialogProps {
  title: string;
  about: string;
  verb: string;
  label: string;
  help: string;
  done: string; // what is said when it is made
  make: (names: string[]) => Promise<unknown>;
  onClose: () => void;
}

export function NamesDialog({ title, about, verb, label, help, done, make, onClose }: NamesDialogProps) {
  const queries = useQueryClient();
  const [names, setNames] = useState("");
  const [problem, setProblem] = useState<Problem>();
  return (
    <FormDialog
      title={title}
      about={about}
      verb={verb}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={async () => {
        await make(namesOf(names));
        await queries.invalidateQueries({ queryKey: certsKey });
        toast(done);
      }}
    >
      <TextArea
        label={label}
        help={help}
        mono
        rows={2}
        value={names}
        wrong={problem?.body.errors.find((e) => e.location.startsWith("body.names"))?.message}
        onChange={(e) => setNames(e.target.value)}
      />
    </FormDialog>
  );
}
