// One act on many clients: whom it disconnects, how far it is, and what became of each.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { count, many } from "../ui/format";
import { Notice, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { toast } from "../ui/toast";
import { askImpact, CutNotice, type Cuts, type Planned } from "./impact";
import { type Progress, useManyWrites } from "./many-writes";
import { type Client, pathOf, type RoleRef, useRefresh } from "./objects";
import { RolePicker } from "./picker";

export type Act = "enable" | "disable" | "delete" | "add-role";

const words: Record<Act, { title: string; verb: string; done: string }> = {
  enable: { title: "Enable", verb: "Enable", done: "enabled" },
  disable: { title: "Disable", verb: "Disable", done: "disabled" },
  delete: { title: "Delete", verb: "Delete", done: "deleted" },
  "add-role": { title: "Add a role to", verb: "Add role", done: "changed" },
};

const rehearsed = 50; // clients for whom the server is asked; beyond, their connections are added up

interface BulkProps {
  act: Act;
  clients: Client[];
  onClose: () => void;
  onDone: () => void;
}

export function BulkDialog({ act, clients, onClose, onDone }: BulkProps) {
  const [roles, setRoles] = useState<RoleRef[]>([]);
  const { progress, run, stop } = useManyWrites();
  const refresh = useRefresh();
  const { title, verb, done } = words[act];
  const start = async () => {
    const result = await run(
      clients.map((c) => c.username),
      (name) => write(act, name, roles),
    );
    await refresh();
    if (result.failed.length > 0 || result.done.length < clients.length) return;
    const back = act === "enable" ? "disable" : act === "disable" ? "enable" : undefined;
    const turned = clients.filter((c) => c.disabled === (act === "enable")).map((c) => c.username);
    const undo = async () => {
      for (const name of turned) if (back) await write(back, name, []);
      await refresh();
    };
    toast(`${many(clients.length, "client")} ${done}.`, back && turned.length > 0 ? undo : undefined);
    onDone();
    onClose();
  };
  const close = () => {
    stop();
    if (progress.state === "over") onDone();
    onClose();
  };
  return (
    <Dialog title={`${title} ${many(clients.length, "client")}`} onClose={close}>
      <div className="stack">
        {progress.state === "idle" && act === "add-role" && (
          <RolePicker value={roles} onChange={setRoles} label="Roles to add" />
        )}
        {progress.state === "idle" && act === "delete" && (
          <p>Their accounts and passwords are gone for good. Disabling keeps devices out and can be undone.</p>
        )}
        {progress.state === "idle" && <BulkImpact act={act} clients={clients} roles={roles} />}
        {progress.state !== "idle" && <HowFar progress={progress} done={done} />}
        <div className="foot">
          {progress.state === "idle" && <Button onClick={close}>Cancel</Button>}
          {progress.state === "idle" && (
            <Button
              look={act === "delete" ? "danger" : "primary"}
              disabled={act === "add-role" && roles.length === 0}
              onClick={start}
            >
              {verb}
            </Button>
          )}
          {progress.state === "running" && <Button onClick={stop}>Stop</Button>}
          {progress.state === "over" && (
            <Button look="primary" onClick={close}>
              Close
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

async function write(act: Act, username: string, roles: RoleRef[]): Promise<void> {
  const params = { path: { id: username } };
  if (act === "enable") await api.POST("/dynsec/clients/{id}/enable", { params });
  else if (act === "disable") await api.POST("/dynsec/clients/{id}/disable", { params });
  else if (act === "delete") await api.DELETE("/dynsec/clients/{id}", { params });
  else for (const body of roles) await api.POST("/dynsec/clients/{id}/roles", { params, body });
}

function planned(act: Act, username: string, roles: RoleRef[]): Planned | null {
  if (act === "delete") return { method: "DELETE", path: pathOf("clients", username) };
  if (act !== "add-role") return { method: "POST", path: pathOf("clients", username, act) };
  const [body] = roles;
  return body ? { method: "POST", path: pathOf("clients", username, "roles"), body } : null;
}

function BulkImpact({ act, clients, roles }: { act: Act; clients: Client[]; roles: RoleRef[] }) {
  const names = clients.map((c) => c.username);
  const few = clients.length <= rehearsed;
  const impact = useQuery({
    queryKey: ["dynsec", "impact", act, names, roles],
    enabled: few && planned(act, "", roles) !== null,
    retry: false,
    queryFn: async ({ signal }) => {
      const sum: Cuts = { disconnects: [], restart: false };
      for (const name of names) {
        const plan = planned(act, name, roles);
        if (!plan) continue;
        const one = await askImpact(plan, signal);
        sum.disconnects.push(...one.disconnects);
      }
      return sum;
    },
  });
  if (act === "add-role" && roles.length === 0) return null;
  if (!few && act !== "enable") {
    const sessions = clients.reduce((sum, c) => sum + (c.connections ?? 0), 0);
    return <Notice tone="warning">This disconnects up to {many(sessions, "session")} of these clients.</Notice>;
  }
  if (!few) return <Notice tone="good">Nobody is disconnected by this.</Notice>;
  if (impact.data) return <CutNotice cuts={impact.data} />;
  return (
    <p className="quiet" role="status">
      {impact.isError ? "Whom this would disconnect could not be asked." : "Asking whom this would disconnect…"}
    </p>
  );
}

function HowFar({ progress, done }: { progress: Progress; done: string }) {
  const at = progress.done.length + progress.failed.length;
  return (
    <>
      <label>
        <span role="status">
          {count(at)} of {count(progress.of)}
        </span>
        <progress value={at} max={progress.of} style={{ width: "100%" }} />
      </label>
      {progress.state === "over" && (
        <p>
          {many(progress.done.length, "client")} {done}
          {at < progress.of && `, stopped before ${many(progress.of - at, "more client", "more clients")}`}.
        </p>
      )}
      {progress.failed.length > 0 && (
        <Notice tone="bad">
          <strong>{many(progress.failed.length, "client")} could not be changed</strong>
          <ul className="failures">
            {progress.failed.map((f) => (
              <li key={f.name}>
                <span className="mono">{<Text>{f.name}</Text>}</span>: {sentence(f.reason)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
