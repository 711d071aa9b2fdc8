// The roles that a group gives to its clients.
import { useState } from "react";
import { api } from "../api/client";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Notice } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { Impact } from "./impact";
import { priorityProblem } from "./names";
import { type Group, ifMatch, pathOf, type Tagged, useRefresh } from "./objects";
import { RolePicker } from "./picker";

export function GroupRoles({ read }: { read: Tagged<Group> }) {
  const [editing, setEditing] = useState<Tagged<Group>>(); // as it was when editing began
  const mayWrite = useMay("dynsec:write");
  const { roles } = read.value;
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>Roles</h2>
        {mayWrite && <Button onClick={() => setEditing(read)}>Change roles</Button>}
      </div>
      {roles.length === 0 ? (
        <p className="quiet">This group has no roles, so it gives nothing to its clients.</p>
      ) : (
        <ul className="chosen">
          {roles.map((r) => (
            <li key={r.rolename}>
              <Link to="/roles/$id" params={{ id: r.rolename }} className="mono">
                <Text>{r.rolename}</Text>
              </Link>
              <span className="quiet small">priority {r.priority}</span>
            </li>
          ))}
        </ul>
      )}
      {editing && <EditRoles read={editing} onClose={() => setEditing(undefined)} />}
    </section>
  );
}

function EditRoles({ read, onClose }: { read: Tagged<Group>; onClose: () => void }) {
  const { groupname, roles: before } = read.value;
  const [roles, setRoles] = useState(before);
  const [conflict, setConflict] = useState(false);
  const refresh = useRefresh();
  const path = { group: groupname };
  const same = JSON.stringify(roles) === JSON.stringify(before);
  const wrong = roles.some((r) => priorityProblem(r.priority));
  const save = async () => {
    const params = { path, ...ifMatch(read.etag) };
    const { response } = await api.PUT("/dynsec/groups/{group}", { params, body: { roles } });
    await refresh();
    const undo = async () => {
      const now = ifMatch(response.headers.get("ETag") ?? undefined);
      await api.PUT("/dynsec/groups/{group}", { params: { path, ...now }, body: { roles: before } });
      await refresh();
    };
    toast(`Changed the roles of ${visible(groupname)}.`, undo);
  };
  return (
    <FormDialog
      title={<>Roles of {<Text>{groupname}</Text>}</>}
      verb="Save roles"
      disabled={same || wrong}
      onSubmit={save}
      onProblem={(p) => {
        setConflict(p.status === 412);
        if (p.status === 412) void refresh();
      }}
      onClose={onClose}
    >
      <RolePicker value={roles} onChange={setRoles} />
      {wrong && <p className="wrong">A priority is a whole number between -100000 and 100000.</p>}
      <Impact planned={same || wrong ? null : { method: "PUT", path: pathOf("groups", groupname), body: { roles } }} />
      {conflict && (
        <Notice tone="warning" action={<Button onClick={onClose}>Show it</Button>}>
          Somebody else changed this group meanwhile.
        </Notice>
      )}
    </FormDialog>
  );
}
