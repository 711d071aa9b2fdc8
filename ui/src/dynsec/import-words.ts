// The words of an import's findings, by their kind.
import type { Schemas } from "../api/client";
import { many } from "../ui/format";

type Plan = Schemas["FilesResult"];
type Finding = Schemas["FilesFinding"];
export type Kind = Finding["kind"];

interface Group {
  kind: Kind;
  title: string;
  total: number;
  findings: Finding[];
}

// grouped parts what was found by what it asks of people; kinds of which there is nothing are left out.
export function grouped(plan: Pick<Plan, "findings" | "refused" | "lost" | "manual" | "notes">): Group[] {
  const groups: Omit<Group, "findings">[] = [
    {
      kind: "refused",
      total: plan.refused,
      title: `Mosquitto does not start with ${many(plan.refused, "line")}: mend ${plan.refused === 1 ? "it" : "them"} first`,
    },
    { kind: "lost", total: plan.lost, title: `${many(plan.lost, "thing")} cannot be expressed here` },
    { kind: "manual", total: plan.manual, title: `${many(plan.manual, "thing")} for you to do` },
    { kind: "note", total: plan.notes, title: many(plan.notes, "note") },
  ];
  return groups
    .filter((g) => g.total > 0)
    .map((g) => ({ ...g, findings: plan.findings.filter((f) => f.kind === g.kind) }));
}
