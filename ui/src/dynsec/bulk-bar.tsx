// What can be done with several clients at once.
import { useState } from "react";
import { Button } from "../ui/button";
import { many } from "../ui/format";
import { type Act, BulkDialog } from "./bulk-dialog";
import type { Client } from "./objects";

export function BulkBar({ clients, onClear }: { clients: Client[]; onClear: () => void }) {
  const [act, setAct] = useState<Act>();
  const [taken, setTaken] = useState(clients); // those for whom the dialog was opened: the list may change under it
  const open = (next: Act) => {
    setTaken(clients);
    setAct(next);
  };
  return (
    <div className="bulk" role="toolbar" aria-label="Selected clients">
      <strong>{many(clients.length, "client")} selected</strong>
      <Button onClick={() => open("enable")}>Enable</Button>
      <Button onClick={() => open("disable")}>Disable</Button>
      <Button onClick={() => open("add-role")}>Add role</Button>
      <Button look="danger" onClick={() => open("delete")}>
        Delete
      </Button>
      <Button look="plain" onClick={onClear}>
        Clear selection
      </Button>
      {act && <BulkDialog act={act} clients={taken} onClose={() => setAct(undefined)} onDone={onClear} />}
    </div>
  );
}
