// The dialog that says what is being worked on, and until when.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Segments } from "../ui/segments";
import { Moment, useNow } from "../ui/time";
import { type Quick, quick, untilOf } from "./until";

type Maintenance = Schemas["Maintenance"];

const scopes: { value: Maintenance["scope"]; label: string; target?: string; help?: string }[] = [
  { value: "all", label: "Everything" },
  {
    value: "client",
    label: "A client",
    target: "Client id",
    help: "All topics that it publishes, and the client itself.",
  },
  { value: "group", label: "A group", target: "Name of the group", help: "All clients in it, and what they publish." },
  { value: "topic", label: "Topics", target: "Topic filter", help: "As in site/boiler/#." },
];

export function MaintenanceDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const now = useNow();
  const [scope, setScope] = useState<Maintenance["scope"]>("all");
  const [target, setTarget] = useState("");
  const [choice, setChoice] = useState<Quick>("1h");
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const until = untilOf(choice, now, typed);
  const chosen = scopes.find((s) => s.value === scope);
  return (
    <FormDialog
      title="Maintenance until…"
      about="Until it ends, what is strange about it is counted and told to nobody."
      verb="Begin maintenance"
      disabled={!until || (chosen?.target !== undefined && !target.trim())}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={async () => {
        const body = {
          scope,
          until: untilOf(choice, Date.now(), typed),
          ...(chosen?.target && { target: target.trim() }),
          ...(reason.trim() && { reason: reason.trim() }),
        };
        await take(api.POST("/ai/maintenance", { body: body as Maintenance }));
        void client.invalidateQueries({ queryKey: ["ai"] });
      }}
    >
      <Segments label="What is worked on" value={scope} options={scopes} onChange={setScope} />
      {chosen?.target && (
        <TextField
          label={chosen.target}
          help={chosen.help}
          mono
          value={target}
          wrong={problem?.field("target")}
          onChange={(e) => setTarget(e.target.value)}
        />
      )}
      <Segments label="Until" value={choice} options={[...quick]} onChange={setChoice} />
      {choice === "other" ? (
        <TextField
          label="Until"
          type="datetime-local"
          value={typed}
          wrong={problem?.field("until")}
          onChange={(e) => setTyped(e.target.value)}
        />
      ) : (
        <p className="quiet small">
          Until <Moment at={until} />, on your clock.
        </p>
      )}
      <TextField
        label="What is done"
        help="For whoever looks meanwhile. May be empty."
        maxLength={500}
        value={reason}
        onChange={(e) => setReason(e.target.value)}
      />
    </FormDialog>
  );
}
