// The tab Rules and maintenance: the plain rules of people, and what is being worked on.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Menu } from "../ui/menu";
import { Badge, Empty } from "../ui/say";
import { type Column, Table } from "../ui/table";
import { Text, visible } from "../ui/text";
import { toast, toastProblem } from "../ui/toast";
import { SeverityBadge } from "./alert-words";
import { MaintenancePanel } from "./maintenance";
import { createRule, deleteRule, replaceRule } from "./rule-calls";
import { RuleDialog } from "./rule-dialog";
import { bodyOf, demands, newRule, ofRule, type Rule, type RuleForm } from "./rule-form";

const columns: Column<Rule>[] = [
  { id: "name", title: "Name", width: "minmax(150px, 2fr)", cell: (r) => <Text>{r.name}</Text> },
  {
    id: "about",
    title: "About",
    width: "minmax(150px, 2fr)",
    cell: (r) => (
      <span className="mono">
        <Text>{r.topic || r.client || ""}</Text>
        {r.field && (
          <>
            {" · "}
            <Text>{r.field}</Text>
          </>
        )}
      </span>
    ),
  },
  { id: "when", title: "Broken when", width: "minmax(170px, 1fr)", cell: (r) => demands(r) },
  { id: "severity", title: "Severity", width: "110px", cell: (r) => <SeverityBadge severity={r.severity} /> },
  {
    id: "state",
    title: "State",
    width: "100px",
    cell: (r) => (r.enabled ? <Badge tone="good">at work</Badge> : <Badge>off</Badge>),
  },
];

export function RulesTab() {
  const [filters, setFilters] = useFilters();
  const act = useMay("anomaly:act");
  const client = useQueryClient();
  const rules = useQuery({
    queryKey: ["ai", "rules"],
    queryFn: ({ signal }) => take(api.GET("/ai/rules", { signal })),
  });
  const [editing, setEditing] = useState<RuleForm>();
  const asked = act && filters.new === "1" ? newRule({ topic: filters.topic ?? "" }) : undefined;
  const open = editing ?? asked;
  const rows = rules.data?.rules ?? [];

  const change = async (what: () => Promise<unknown>) => {
    try {
      await what();
    } catch (thrown) {
      toastProblem(thrown);
    }
    void client.invalidateQueries({ queryKey: ["ai"] });
  };
  const flip = (r: Rule) => change(() => replaceRule(r.id, { ...bodyOf(ofRule(r)), enabled: !r.enabled }));
  const remove = (r: Rule) =>
    change(async () => {
      await deleteRule(r.id);
      toast(`The rule ${visible(r.name)} was removed.`, () => change(() => createRule(bodyOf(ofRule(r)))));
    });

  const actions: Column<Rule> = {
    id: "acts",
    title: "Actions",
    width: "60px",
    cell: (r) => (
      <Menu
        button={
          <Button look="plain" icon="more" aria-label={`Actions for ${visible(r.name)}`} style={{ minHeight: 28 }} />
        }
        items={[
          { label: "Edit", onSelect: () => setEditing(ofRule(r)) },
          { label: r.enabled ? "Switch off" : "Switch on", onSelect: () => void flip(r) },
          "line",
          { label: "Remove", bad: true, onSelect: () => void remove(r) },
        ]}
      />
    ),
  };
  const add = act && (
    <Button look="primary" data-keys="new" onClick={() => setEditing(newRule())}>
      Add rule
    </Button>
  );
  return (
    <div className="stack">
      <div className="row apart">
        <h2>Rules</h2>
        {add}
      </div>
      <Table
        name="anomaly.rules"
        label="Rules"
        columns={act ? [...columns, actions] : columns}
        rows={rows}
        rowKey={(r) => String(r.id)}
        waiting={rules.isPending}
        problem={rules.isError && !rules.data ? rules.error : undefined}
        onRetry={() => void rules.refetch()}
        {...(act && { onOpen: (r: Rule) => setEditing(ofRule(r)) })}
        quiet={(r) => !r.enabled}
        empty={
          <Empty>
            There is no rule. Add one for what must never happen: a meter that is silent, or a value that is too high.
          </Empty>
        }
      />
      <MaintenancePanel />
      {open && (
        <RuleDialog
          key={open.id}
          rule={open}
          onClose={() => {
            setEditing(undefined);
            if (filters.new) setFilters({ new: undefined, topic: undefined }, true);
          }}
        />
      )}
    </div>
  );
}
