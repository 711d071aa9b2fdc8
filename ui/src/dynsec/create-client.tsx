// Creating a client: a few fields, then once the password and how to connect with it.
import { useState } from "react";
import { api, type Schemas } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { Link, useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { CheckField, TextArea, TextField } from "../ui/field";
import { CopyButton, Notice } from "../ui/say";
import { Text } from "../ui/text";
import { plain } from "./acl";
import { ConnectSnippets } from "./connect";
import { nameProblem, stringProblem } from "./names";
import { type GroupRef, type RoleRef, useRefresh } from "./objects";
import { generatePassword } from "./password";
import { GroupPicker, RolePicker } from "./picker";
import { ownTopics } from "./templates";

export function CreateClient({ onClose }: { onClose: () => void }) {
  const [{ role, group, username: asked = "", own: first }] = useFilters();
  const [username, setUsername] = useState(asked);
  const [generated, setGenerated] = useState(() => generatePassword());
  const [own, setOwn] = useState<string>(); // undefined as long as the generated one is taken
  const [roles, setRoles] = useState<RoleRef[]>(role ? [{ rolename: role, priority: -1 }] : []);
  const [groups, setGroups] = useState<GroupRef[]>(group ? [{ groupname: group, priority: -1 }] : []);
  const [below, setBelow] = useState(first === "1"); // it may use the topics below its name
  const [textname, setTextname] = useState("");
  const [textdescription, setTextdescription] = useState("");
  const [clientid, setClientid] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Schemas["Client"]>();
  const refresh = useRefresh();
  const password = own ?? generated;
  const wrong = username ? nameProblem(username) : undefined;
  const alone = roles.length === 0 && groups.length === 0;
  const isLevel = !/[/+#$]/.test(username);
  const ownLevel = alone && below && isLevel;
  if (made) return <Made client={made} password={password} ownLevel={ownLevel} onClose={onClose} />;
  const submit = async () => {
    const body: Schemas["NewClient"] = {
      username,
      password,
      roles: ownLevel ? [{ rolename: await ownRole(username), priority: -1 }] : roles,
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
      {alone && isLevel && (
        <CheckField
          label="It may use the topics below its name"
          help="A role of its own is made for that: it may publish to and hear everything there, and nothing else."
          checked={below}
          onChange={(e) => setBelow(e.target.checked)}
        />
      )}
      {alone && !ownLevel && (
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

// ownRole makes the role of a client that has the topics below its name, and returns what it is called. One that is there
// already was made for it before.
async function ownRole(username: string): Promise<string> {
  const rolename = `${username} topics`;
  try {
    await api.POST("/dynsec/roles", { body: { rolename, acls: ownTopics(username).map(plain) } });
  } catch (thrown) {
    if (asProblem(thrown).status !== 409) throw thrown;
  }
  return rolename;
}

interface MadeProps {
  client: Schemas["Client"];
  password: string;
  ownLevel: boolean;
  onClose: () => void;
}

// Made shows the password for the only time.
function Made({ client, password, ownLevel, onClose }: MadeProps) {
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
        <ConnectSnippets
          username={client.username}
          password={password}
          clientid={client.clientid}
          {...(ownLevel && { topic: `${client.username}/hello` })}
        />
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
