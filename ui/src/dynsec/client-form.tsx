// What can be done with a client that exists: change it, give it another password, delete it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { CheckField, TextArea, TextField } from "../ui/field";
import { CopyButton, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { Impact } from "./impact";
import { type Client, clientQuery, ifMatch, pathOf, type Tagged, useRefresh } from "./objects";
import { generatePassword } from "./password";
import { GroupPicker, RolePicker } from "./picker";

export { ConnectSnippets } from "./connect";
export { GroupPicker, RolePicker } from "./picker";

interface Props {
  username: string;
  onClose: () => void;
}

// EditClient changes everything about a client but its name and password.
export function EditClient({ username, onClose }: Props) {
  const client = useQuery(clientQuery(username));
  const [round, setRound] = useState(0); // a new one begins when what is there now was loaded
  if (client.data) {
    const reload = async () => {
      await client.refetch();
      setRound(round + 1);
    };
    return <EditForm key={round} read={client.data} onClose={onClose} onReload={reload} />;
  }
  return (
    <Dialog title={<>Edit {<Text>{username}</Text>}</>} onClose={onClose}>
      {client.isError ? <ProblemNotice problem={client.error} /> : <Waiting what="the client" />}
    </Dialog>
  );
}

interface EditProps {
  read: Tagged<Client>;
  onClose: () => void;
  onReload: () => Promise<void>;
}

function EditForm({ read, onClose, onReload }: EditProps) {
  const [{ value: before, etag }] = useState(read); // what was read when one began, not what came since
  const [now, setNow] = useState(before);
  const [problem, setProblem] = useState<Problem>();
  const refresh = useRefresh();
  const change = (part: Partial<Client>) => setNow({ ...now, ...part });
  const body = changed(before, now);
  const nothing = Object.keys(body).length === 0;
  const path = { id: before.username };
  const save = async () => {
    const { response } = await api.PUT("/dynsec/clients/{id}", { params: { path, ...ifMatch(etag) }, body });
    await refresh();
    const undo = async () => {
      const params = { path, ...ifMatch(response.headers.get("ETag") ?? undefined) };
      await api.PUT("/dynsec/clients/{id}", { params, body: changed(now, before) });
      await refresh();
    };
    toast(`Changed ${visible(before.username)}.`, undo);
  };
  return (
    <FormDialog
      title={<>Edit {<Text>{before.username}</Text>}</>}
      verb="Save changes"
      disabled={nothing}
      onSubmit={save}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField label="Name for people" value={now.textname} onChange={(e) => change({ textname: e.target.value })} />
      <TextArea
        label="Description"
        value={now.textdescription}
        onChange={(e) => change({ textdescription: e.target.value })}
      />
      <RolePicker value={now.roles} onChange={(roles) => change({ roles })} />
      <GroupPicker value={now.groups} onChange={(groups) => change({ groups })} />
      <TextField
        label="Only this client id"
        mono
        help="The account may then use no other MQTT client id. Empty lets it use any."
        value={now.clientid}
        wrong={problem?.field("clientid")}
        onChange={(e) => change({ clientid: e.target.value })}
      />
      <CheckField
        label="Enabled"
        help="A disabled client cannot log in."
        checked={!now.disabled}
        onChange={(e) => change({ disabled: !e.target.checked })}
      />
      <Impact planned={nothing ? null : { method: "PUT", path: pathOf("clients", before.username), body }} />
      {problem?.status === 412 && (
        <Notice tone="warning" action={<Button onClick={onReload}>Reload</Button>}>
          Somebody else changed this client meanwhile. Reloading shows what it is now and drops what you entered.
        </Notice>
      )}
    </FormDialog>
  );
}

// changed returns the fields that differ, because only those are to be sent.
function changed(before: Client, now: Client): Schemas["ClientFields"] {
  const body: Schemas["ClientFields"] = {};
  if (now.textname !== before.textname) body.textname = now.textname;
  if (now.textdescription !== before.textdescription) body.textdescription = now.textdescription;
  if (now.clientid !== before.clientid) body.clientid = now.clientid;
  if (now.disabled !== before.disabled) body.disabled = now.disabled;
  if (JSON.stringify(now.roles) !== JSON.stringify(before.roles)) body.roles = now.roles;
  if (JSON.stringify(now.groups) !== JSON.stringify(before.groups)) body.groups = now.groups;
  return body;
}

// ChangePassword sets another password, which is shown until the dialog is closed.
export function ChangePassword({ username, onClose }: Props) {
  const [password, setPassword] = useState(() => generatePassword());
  const [problem, setProblem] = useState<Problem>();
  const refresh = useRefresh();
  const save = async () => {
    await api.PUT("/dynsec/clients/{id}", { params: { path: { id: username } }, body: { password } });
    await refresh();
    toast(`Changed the password of ${visible(username)}.`);
  };
  return (
    <FormDialog
      title={<>Change the password of {<Text>{username}</Text>}</>}
      about="The device must be given the new one, too. It is not shown again."
      verb="Change password"
      disabled={password === ""}
      onSubmit={save}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField
        label="New password"
        mono
        value={password}
        wrong={problem?.field("password")}
        onChange={(e) => setPassword(e.target.value)}
      />
      <div className="row">
        <CopyButton text={password} label="Copy password" />
        <Button onClick={() => setPassword(generatePassword())}>Generate another</Button>
      </div>
      <Impact planned={{ method: "PUT", path: pathOf("clients", username), body: { password: "rehearsed" } }} />
    </FormDialog>
  );
}

// DeleteClient deletes a client after it said whom that disconnects.
export function DeleteClient({ username, onClose, onDeleted }: Props & { onDeleted?: () => void }) {
  const client = useQuery(clientQuery(username));
  const refresh = useRefresh();
  const remove = async () => {
    const params = { path: { id: username }, ...ifMatch(client.data?.etag) };
    try {
      await api.DELETE("/dynsec/clients/{id}", { params });
    } catch (thrown) {
      if (asProblem(thrown).status === 412) void client.refetch();
      throw thrown;
    }
    toast(`Deleted ${visible(username)}.`);
    onDeleted?.();
    await refresh();
  };
  return (
    <FormDialog
      title={<>Delete {<Text>{username}</Text>}?</>}
      about="The account and its password are gone for good. To keep a device out for a while, disable it instead."
      verb="Delete client"
      danger
      onSubmit={remove}
      onClose={onClose}
    >
      <Impact planned={{ method: "DELETE", path: pathOf("clients", username) }} />
    </FormDialog>
  );
}
