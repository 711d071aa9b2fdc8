// One click from the top to the version before the live one. It is reviewed as every change.
import { useQuery } from "@tanstack/react-query";
import { useGo } from "../frame/link";
import { Button } from "../ui/button";
import { versionsQuery } from "./versions";
import { backTo } from "./words";

export function RollBack() {
  const go = useGo();
  const list = useQuery(versionsQuery);
  const target = backTo(list.data?.versions ?? []);
  return (
    <Button
      disabled={!target}
      title={
        target ? `Version ${target.id} is the last one before the live one` : "There is no version before the live one"
      }
      onClick={() =>
        target && go("/admin/config", { search: { tab: "versions", version: String(target.id), restore: "1" } })
      }
    >
      {target ? `Roll back to ${target.id}` : "Roll back"}
    </Button>
  );
}
