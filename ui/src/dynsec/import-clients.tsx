// What comes from elsewhere: a list of clients, or the access files of another broker.
import { useState } from "react";
import { Dialog } from "../ui/dialog";
import { Segments } from "../ui/segments";
import { ImportFiles } from "./import-files";
import { ImportList } from "./import-list";

type From = "list" | "mosquitto" | "dynsec";

export function ImportClients({ onClose }: { onClose: () => void }) {
  const [from, setFrom] = useState<From>("list");
  return (
    <Dialog
      wide
      title="Import clients"
      about={
        from === "list"
          ? "A CSV file or a JSON array. Nothing is changed before you have seen what would be."
          : "Clients and their rights as another broker has them. Nothing is changed before you have seen what would be."
      }
      onClose={onClose}
    >
      <div className="stack">
        <div className="row">
          <Segments
            label="What to import"
            value={from}
            options={[
              { value: "list", label: "A list of clients" },
              { value: "mosquitto", label: "Mosquitto files" },
              { value: "dynsec", label: "dynamic-security.json" },
            ]}
            onChange={setFrom}
          />
        </div>
        {from === "list" ? <ImportList onClose={onClose} /> : <ImportFiles key={from} kind={from} onClose={onClose} />}
      </div>
    </Dialog>
  );
}
