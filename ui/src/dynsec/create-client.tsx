// Creating a client: a few fields, then once the password and how to connect with it.
import { useState } from "react";
import { api, type Schemas } from "../api/client";
import type { Problem } from "../api/problem";
import { Link, useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { CheckField, TextArea, TextField } from "../ui/field";
import { CopyButton, Notice } from "../ui/say";
import { Text } from "../ui/text";
import { ConnectSnippets } from "./connect";
import { nameProblem, stringProblem } from "./names";
import { type GroupRef, type RoleRef, useRefresh } from "./objects";
import { generatePassword } from "./password";
import { GroupPicker, RolePicker } from "./picker";

export function CreateClient({ onClose }: { onClose: () => void }) {
  const [{ role, group, username: asked = "" }] = useFilters();
  const [username, setUsername] = useState(asked);
  const [generated, setGenerated] = useState(() => generatePassword());
  const [own, setOwn] = useState<string>(); // undefined as long as the generated one is taken
  const [roles, setRoles] = useState<RoleRef[]>(role ? [{ rolename: role, priority: -1 }] : []);
  const [groups, setGroups] = useState<GroupRef[]>(group ? [{ groupname: group, priority: -1 }] : []);
  const [textname, setTextname] = useState("");
  const [textdescription, setTextdescription] = useState("");
  const [clientid, setClientid] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Schemas["Client"]>();
  const refresh = useRefresh();
  const password = own ?? generated;
  if (made) return <Made client={made} password={password} onClose={onClose} />;
  const wrong = username ? nameProblem(username) : undefined;
  const submit = async () => {
    const body: Schemas["NewClient"] = {
      username,
      password,
      roles,
      groups,
      ...(textname && { textname }),
      ...(textdescription && { textdescription }),
      ...(clientid && { clientid }),
    };
    const { data } = await api.POST("/dynsec/clients", { body });
    setMade(data);
    void refresh();
  };
  return (
    <FormDialog
      title="Create client"
      verb="Create client"
      disabled={!username || !password || Boolean(wrong) || Boolean(stringProblem(clientid))}
      onSubmit={submit}
      onProblem={setProblem}
      closeAfter={false}
      onClose={onClose}
    >
      <TextField
        label="Username"
        mono
        autoFocus
        help="With this the device logs in. It cannot be changed later."
        value={username}
        wrong={wrong ?? problem?.field("username") ?? (problem?.status === 409 ? "This name is taken." : undefined)}
        onChange={(e) => {
          setUsername(e.target.value);
          setProblem(undefined);
        }}
      />
      {own === undefined ? (
        <div className="field">
          <span className="legend">Password</span>
          <div className="row">
            <code>{generated}</code>
            <Button onClick={() => setGenerated(generatePassword())}>Generate another</Button>
            <Button onClick={() => setOwn("")}>Choose my own</Button>
          </div>
          <div className="help">It is shown once more, with how to connect, after the client was created.</div>
        </div>
      ) : (
        <>
          <TextField
            label="Password"
            mono
            value={own}
            wrong={problem?.field("password")}
            onChange={(e) => setOwn(e.target.value)}
          />
          <div>
            <Button onClick={() => setOwn(undefined)}>Use a generated one</Button>
          </div>
        </>
      )}
      <RolePicker value={roles} onChange={setRoles} />
      {roles.length === 0 && groups.length === 0 && (
        <p className="quiet small">Without a role or a group the client can log in, but do only what everybody may.</p>
      )}
      <GroupPicker value={groups} onChange={setGroups} />
      <details>
        <summary>More</summary>
        <div className="stack" style={{ paddingTop: 12 }}>
          <TextField label="Name for people" value={textname} onChange={(e) => setTextname(e.target.value)} />
          <TextArea label="Description" value={textdescription} onChange={(e) => setTextdescription(e.target.value)} />
          <TextField
            label="Only this client id"
            mono
            help="The account may then use no other MQTT client id. Empty lets it use any."
            value={clientid}
            wrong={stringProblem(clientid) ?? problem?.field("clientid")}
            onChange={(e) => setClientid(e.target.value)}
          />
        </div>
      </details>
    </FormDialog>
  );
}

interface MadeProps {
  client: Schemas["Client"];
  password: string;
  onClose: () => void;
}

// Made shows the password for the only time.
function Made({ client, password, onClose }: MadeProps) {
  const [kept, setKept] = useState(false);
  return (
    <Dialog wide title={<>Created {<Text>{client.username}</Text>}</>} onClose={() => kept && onClose()}>
      <div className="stack">
        <Notice tone="warning" action={<CopyButton text={password} label="Copy password" />}>
          <div>
            The password is <code style={{ overflowWrap: "anywhere" }}>{<Text>{password}</Text>}</code>
          </div>
          <div>Nobody can look it up later. Keep it now, or give the client another one when it is lost.</div>
        </Notice>
        <h3>Connect</h3>
        <ConnectSnippets username={client.username} password={password} clientid={client.clientid} />
        <div className="row apart">
          <CheckField label="I have kept the password" checked={kept} onChange={(e) => setKept(e.target.checked)} />
          <div className="row">
            {kept && (
              <Link to="/clients/$id" params={{ id: client.username }} className="button">
                Open its page
              </Link>
            )}
            <Button look="primary" disabled={!kept} onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
