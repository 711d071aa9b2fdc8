// Turns the answer to a question about access around by one rule: in a role that the client carries, or in a new one
// for this client alone.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { asProblem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { SelectField } from "../ui/field";
import { many } from "../ui/format";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { plain } from "./acl";
import { type Decision, frontRoles, type Question, turned } from "./check";
import { Impact, type Planned } from "./impact";
import { type Client, clientQuery, ifMatch, pathOf, roleQuery, useRefresh } from "./objects";
import { RuleSentence } from "./rule-sentence";

interface TurnProps {
  question: Question;
  decision: Decision;
  onTurned: () => void;
  onClose: () => void;
}

const newRole = ""; // no role is called that

export function TurnAround({ question: q, decision, onTurned, onClose }: TurnProps) {
  const client = useQuery(clientQuery(q.username));
  const [chosen, setChosen] = useState<string>();
  const front = client.data ? frontRoles(client.data.value.roles, decision) : [];
  const into = chosen ?? front.find((name) => name === `${q.username}-extra`) ?? newRole;
  const role = useQuery({ ...roleQuery(into), enabled: into !== newRole });
  const queries = useQueryClient();
  const refresh = useRefresh();
  const allow = !decision.allow;
  const verb = allow ? "Allow" : "Deny";
  const acls = turned(
    into === newRole ? { rolename: newRole, acls: [] } : (role.data?.value ?? empty(into)),
    q,
    decision,
  );
  const rule = acls[acls.length - 1];

  let planned: Planned | null = null;
  if (into !== newRole && role.data) {
    planned = { method: "PUT", path: pathOf("roles", into), body: { acls: acls.map(plain) } };
  } else if (into === newRole) {
    // Giving a client a role ends its sessions, as this does; the role itself cannot be rehearsed before it is there.
    planned = { method: "POST", path: pathOf("clients", q.username, "disconnect") };
  }

  const submit = async () => {
    if (!client.data) return;
    let undo: () => Promise<unknown>;
    if (into === newRole) {
      const rolename = await createFor(client.data.value, acls.map(plain));
      undo = () => api.DELETE("/dynsec/roles/{role}", { params: { path: { role: rolename } } });
    } else {
      if (!role.data) return;
      const path = { role: into };
      const before = role.data.value.acls.map(plain);
      const params = { path, ...ifMatch(role.data.etag) };
      await api.PUT("/dynsec/roles/{role}", { params, body: { acls: acls.map(plain) } });
      undo = () => api.PUT("/dynsec/roles/{role}", { params: { path }, body: { acls: before } });
    }
    await queries.refetchQueries({ queryKey: ["dynsec", "check"] });
    onTurned();
    void refresh();
    toast(`${allow ? "Allowed" : "Denied"} ${visible(q.topic)} for ${visible(q.username)}.`, async () => {
      await undo();
      await refresh();
    });
  };
  return (
    <FormDialog
      title={allow ? "Allow this" : "Deny this"}
      verb={`${verb} this topic`}
      danger={!allow}
      disabled={!client.data || (into !== newRole && !role.data)}
      onSubmit={submit}
      onProblem={(p) => {
        if (p.status === 412) void refresh();
      }}
      onClose={onClose}
    >
      {client.isPending && <Waiting what="the client" />}
      {client.isError && <ProblemNotice problem={client.error} />}
      {rule && (
        <p>
          One rule is added: <RuleSentence acl={rule} />.
        </p>
      )}
      <SelectField label="To which role" value={into} onChange={(e) => setChosen(e.target.value)}>
        <option value={newRole}>A new role for this client alone</option>
        {front.map((name) => (
          <option key={name} value={name}>
            {visible(name)}
          </option>
        ))}
      </SelectField>
      {into !== newRole && role.data && carriers(role.data.value.clients, role.data.value.groups) && (
        <Notice tone="warning">
          <Text>{into}</Text> is carried by {many(role.data.value.clients, "client")} and{" "}
          {many(role.data.value.groups, "group")}. The rule holds for all of them.
        </Notice>
      )}
      <Impact planned={planned} />
    </FormDialog>
  );
}

function empty(rolename: string) {
  return { rolename, acls: [] };
}

// carriers says whether more than this one client carries the role.
function carriers(clients: number, groups: number): boolean {
  return clients > 1 || groups > 0;
}

// createFor makes a role for one client, gives it to the client before all others, and returns its name.
async function createFor(client: Client, acls: ReturnType<typeof plain>[]): Promise<string> {
  const most = Math.max(-1, ...client.roles.map((r) => r.priority));
  const priority = client.roles.length === 0 ? -1 : Math.min(100_000, most + 1);
  for (let i = 1; ; i++) {
    const rolename = `${client.username}-extra${i === 1 ? "" : `-${i}`}`;
    try {
      await api.POST("/dynsec/roles", { body: { rolename, acls } });
    } catch (thrown) {
      if (asProblem(thrown).status === 409 && i < 20) continue; // taken: by another one for the same client, perhaps
      throw thrown;
    }
    try {
      const params = { path: { id: client.username } };
      await api.POST("/dynsec/clients/{id}/roles", { params, body: { rolename, priority } });
    } catch (thrown) {
      // A role that nobody carries is of no use; that it could not be given is what has to be told.
      await api.DELETE("/dynsec/roles/{role}", { params: { path: { role: rolename } } }).catch(() => undefined);
      throw thrown;
    }
    return rolename;
  }
}
