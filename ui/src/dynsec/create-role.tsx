// Creating a role, from a template or from nothing.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Problem } from "../api/problem";
import { useGo } from "../frame/link";
import { statsQuery } from "../monitor/stats";
import { FormDialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { visible } from "../ui/text";
import { toast } from "../ui/toast";
import { filterProblem, isModern, plain } from "./acl";
import { ACLEditor, hasProblem, toACLs, toRows } from "./acl-editor";
import { nameProblem } from "./names";
import { useRefresh } from "./objects";
import { RulesInWords } from "./rule-sentence";
import { templates, usualTopic } from "./templates";

export function CreateRole({ onClose }: { onClose: () => void }) {
  const version = useQuery(statsQuery).data?.broker.version ?? undefined;
  const modern = version !== undefined && isModern(version);
  const [rolename, setRolename] = useState("");
  const [textname, setTextname] = useState("");
  const [chosen, setChosen] = useState("sensor");
  const [below, setBelow] = useState<string>();
  const template = templates.find((t) => t.id === chosen);
  const topic = below ?? usualTopic(modern);
  const [own, setOwn] = useState<ReturnType<typeof toRows>>(); // as soon as the template's rules were changed
  const [problem, setProblem] = useState<Problem>();
  const refresh = useRefresh();
  const go = useGo();
  const rows = own ?? toRows(template?.rules(topic) ?? []);
  const wrong = rolename ? nameProblem(rolename) : undefined;
  const submit = async () => {
    const acls = toACLs(rows).map(plain);
    await api.POST("/dynsec/roles", { body: { rolename, acls, ...(textname && { textname }) } });
    toast(`Created the role ${visible(rolename)}.`);
    await refresh();
    // The list closes the dialog by its filter; leading on to the role does both.
    go("/roles/$id", { params: { id: rolename } });
  };
  return (
    <FormDialog
      wide
      title="Create role"
      about="A role is a set of topic rules that clients and groups can carry."
      verb="Create role"
      disabled={!rolename || Boolean(wrong) || hasProblem(rows)}
      closeAfter={false}
      onSubmit={submit}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField
        label="Role name"
        mono
        autoFocus
        help="It cannot be changed later."
        value={rolename}
        wrong={wrong ?? problem?.field("rolename") ?? (problem?.status === 409 ? problem.body.detail : undefined)}
        onChange={(e) => {
          setRolename(e.target.value);
          setProblem(undefined);
        }}
      />
      <TextField label="Name for people" value={textname} onChange={(e) => setTextname(e.target.value)} />
      <SelectField
        label="Begin with"
        help={template?.about}
        value={chosen}
        onChange={(e) => {
          setChosen(e.target.value);
          setOwn(undefined);
        }}
      >
        {templates.map((t) => (
          <option key={t.id} value={t.id}>
            {t.title}
          </option>
        ))}
      </SelectField>
      {template?.asks && (
        <TextField
          label="Below the topic"
          mono
          help={
            modern
              ? "%u stands for the client's username: each client gets a level of its own."
              : "This broker gives no client a level of its own (%u needs Mosquitto 2.1): all carriers share the topic."
          }
          value={topic}
          wrong={filterProblem(`${topic}/#`)}
          onChange={(e) => {
            setBelow(e.target.value);
            setOwn(undefined);
          }}
        />
      )}
      <h3>Rules</h3>
      <ACLEditor rows={rows} onChange={setOwn} version={version} />
      <RulesInWords acls={toACLs(rows).filter((a) => !filterProblem(a.topic))} />
    </FormDialog>
  );
}
