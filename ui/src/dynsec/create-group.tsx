// Creating a group.
import { useState } from "react";
import { api } from "../api/client";
import type { Problem } from "../api/problem";
import { useGo } from "../frame/link";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { visible } from "../ui/text";
import { toast } from "../ui/toast";
import { nameProblem } from "./names";
import { type RoleRef, useRefresh } from "./objects";
import { RolePicker } from "./picker";

export function CreateGroup({ onClose }: { onClose: () => void }) {
  const [groupname, setGroupname] = useState("");
  const [textname, setTextname] = useState("");
  const [roles, setRoles] = useState<RoleRef[]>([]);
  const [problem, setProblem] = useState<Problem>();
  const refresh = useRefresh();
  const go = useGo();
  const wrong = groupname ? nameProblem(groupname) : undefined;
  const submit = async () => {
    await api.POST("/dynsec/groups", { body: { groupname, roles, ...(textname && { textname }) } });
    toast(`Created the group ${visible(groupname)}.`);
    await refresh();
    go("/groups/$id", { params: { id: groupname } });
  };
  return (
    <FormDialog
      title="Create group"
      about="A group gives its roles to all clients in it. Members are added on its page."
      verb="Create group"
      disabled={!groupname || Boolean(wrong)}
      closeAfter={false}
      onSubmit={submit}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField
        label="Group name"
        mono
        autoFocus
        help="It cannot be changed later."
        value={groupname}
        wrong={wrong ?? problem?.field("groupname") ?? (problem?.status === 409 ? problem.body.detail : undefined)}
        onChange={(e) => {
          setGroupname(e.target.value);
          setProblem(undefined);
        }}
      />
      <TextField label="Name for people" value={textname} onChange={(e) => setTextname(e.target.value)} />
      <RolePicker value={roles} onChange={setRoles} />
    </FormDialog>
  );
}
