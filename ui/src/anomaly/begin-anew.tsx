// Lets a series be learned anew, after somebody was asked whether they mean it: nothing brings back what is forgotten.
import { useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { FormDialog } from "../ui/dialog";
import { visible } from "../ui/text";
import { toast } from "../ui/toast";
import { type Metric, useChanged } from "./alerts";
import { fieldWords } from "./words";

export function BeginAnew({ metric: m, onClose }: { metric: Metric; onClose: () => void }) {
  const changed = useChanged();
  const queries = useQueryClient();
  const name = visible(fieldWords(m.field));
  return (
    <FormDialog
      title={`Let ${name} begin anew?`}
      about={`What is known of it is forgotten: its usual values, its course, and what people said of its alarms. Alerts about it are over, and it raises none until ${m.samples_needed} values have come. Do this after a change of unit or of the device.`}
      verb="Begin anew"
      danger
      onClose={onClose}
      onSubmit={async () => {
        await take(api.POST("/ai/metrics/rebase", { body: { entity: m.entity, field: m.field } }));
        changed();
        await queries.invalidateQueries({ queryKey: ["ai", "metrics", m.entity] });
        toast(`${name} is learned anew.`);
      }}
    />
  );
}
