// The access files of another broker: what they come to here is shown before it is done, and so is what cannot be said.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { DynsecDiff } from "../config/dynsec-diff";
import { CheckField } from "../ui/field";
import { bytes, many, span } from "../ui/format";
import { Notice } from "../ui/say";
import { Segments } from "../ui/segments";
import { ImportEnd, Rehearsed } from "./import-end";
import { Findings } from "./import-findings";
import { useRefresh } from "./objects";

type Files = Schemas["AccessFiles"];
type Plan = Schemas["FilesResult"];
type Field = "password_file" | "acl_file" | "psk_file" | "dynsec";

const largest = 30 * 1024 * 1024; // bytes; what the server takes, with some room for JSON

const inputs: Record<"mosquitto" | "dynsec", { field: Field; label: string; help: string }[]> = {
  mosquitto: [
    { field: "password_file", label: "Password file", help: "password_file in mosquitto.conf" },
    {
      field: "acl_file",
      label: "ACL file",
      help: "acl_file in mosquitto.conf; without one everybody may do everything",
    },
    { field: "psk_file", label: "Key file", help: "psk_file; its lines cannot be imported and are only named" },
  ],
  dynsec: [
    {
      field: "dynsec",
      label: "dynamic-security.json",
      help: "Of Mosquitto 2.0 or 2.1, or as it is downloaded on the page Configuration",
    },
  ],
};

interface Asked {
  files: Files;
  update: boolean;
  restart: boolean;
  dryRun: boolean;
}

function send({ files, update, restart, dryRun }: Asked): Promise<Plan> {
  return take(
    api.POST("/dynsec/import", {
      params: { query: { existing: update ? "update" : "skip", restart, dry_run: dryRun } },
      body: files,
    }),
  );
}

export function ImportFiles({ kind, onClose }: { kind: "mosquitto" | "dynsec"; onClose: () => void }) {
  const [files, setFiles] = useState<Files>({});
  const [refused, setRefused] = useState("");
  const [update, setUpdate] = useState(false);
  const [restart, setRestart] = useState(false);
  const rehearsal = useMutation({ mutationFn: send });
  const act = useMutation({ mutationFn: send });
  const refresh = useRefresh();
  const any = inputs[kind].some(({ field }) => files[field] !== undefined);
  const rehearse = (next: { files?: Files; update?: boolean; restart?: boolean }) =>
    rehearsal.mutate({ files, update, restart, ...next, dryRun: true });
  const choose = async (field: Field, chosen: File | undefined) => {
    act.reset();
    const next = { ...files };
    delete next[field];
    if (chosen && chosen.size > largest) {
      setRefused(`The file has ${bytes(chosen.size)}; at most ${bytes(largest)} can be imported at once.`);
    } else {
      setRefused("");
      if (chosen) next[field] = await chosen.text();
    }
    setFiles(next);
    if (Object.keys(next).length > 0) rehearse({ files: next });
    else rehearsal.reset();
  };
  const start = async () => {
    await act.mutateAsync({ files, update, restart, dryRun: false }).catch(() => undefined);
    await refresh();
  };
  const plan = rehearsal.data;
  const added = plan ? plan.diff.clients.added_total + plan.diff.clients.changed_total : 0;
  return (
    <>
      {inputs[kind].map(({ field, label, help }) => (
        <div className="field" key={field}>
          <label htmlFor={`import-${field}`}>{label}</label>
          <input
            id={`import-${field}`}
            type="file"
            aria-describedby={`import-${field}-help`}
            disabled={act.isPending || act.isSuccess}
            onChange={(e) => void choose(field, e.target.files?.[0])}
          />
          <div className="help" id={`import-${field}-help`}>
            {help}
          </div>
        </div>
      ))}
      {refused && <Notice tone="bad">{refused}</Notice>}
      {any && !act.data && (
        <>
          <div className="row">
            <span>Clients that exist already</span>
            <Segments
              label="Clients that exist already"
              value={update ? "update" : "skip"}
              options={[
                { value: "skip", label: "Leave as they are" },
                { value: "update", label: "Give them what the files say" },
              ]}
              onChange={(existing) => {
                setUpdate(existing === "update");
                rehearse({ update: existing === "update" });
              }}
            />
          </div>
          <CheckField
            label="Restart the broker once"
            help="Password hashes can only be kept with a restart, which disconnects everybody. Without it, those clients need new passwords."
            checked={restart}
            onChange={(e) => {
              setRestart(e.target.checked);
              rehearse({ restart: e.target.checked });
            }}
          />
          <Rehearsed {...rehearsal} reading="Reading the files…" show={(p) => <Planned plan={p} />} />
        </>
      )}
      <ImportEnd
        act={act}
        plan={plan}
        clients={added}
        ready={any && !rehearsal.isPending && plan?.refused === 0 && plan.effect !== "none"}
        show={(p) => <Planned plan={p} />}
        onStart={() => void start()}
        onClose={onClose}
      />
    </>
  );
}

// Planned says what would be done, or was.
function Planned({ plan }: { plan: Plan }) {
  return (
    <div className="stack" role="status">
      {plan.applied && <Notice tone="good">Everything is in. It took {span(plan.took_seconds)}.</Notice>}
      {plan.effect === "none" && <Notice>Everything is as the files say, so there is nothing to import.</Notice>}
      {!plan.applied && plan.effect === "restart" && (
        <Notice tone="warning">
          The broker is restarted once, which disconnects everybody: {plan.reasons.join("; ")}.
        </Notice>
      )}
      {!plan.applied && plan.effect === "live" && plan.disconnects_total > 0 && (
        <Notice tone="warning">{many(plan.disconnects_total, "client")} will be disconnected once.</Notice>
      )}
      {plan.need_password_total > 0 && (
        <Notice tone="warning">
          {many(plan.need_password_total, "client")} {plan.need_password_total === 1 ? "needs" : "need"} a new password
          before anybody can log in with {plan.need_password_total === 1 ? "it" : "them"}.
        </Notice>
      )}
      {plan.skipped_total > 0 && (
        <p className="quiet">
          {many(plan.skipped_total, "client")} of the files {plan.skipped_total === 1 ? "exists" : "exist"} here and{" "}
          {plan.skipped_total === 1 ? "stays as it is" : "stay as they are"}.
        </p>
      )}
      <Findings plan={plan} />
      {plan.effect !== "none" && <DynsecDiff diff={plan.diff} />}
    </div>
  );
}
