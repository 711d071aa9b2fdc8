// The page of what is watched of one topic, or of the broker: each field with its course, and what was found.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { Link, useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Empty, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Findings } from "./findings";
import { MetricPanel } from "./metric-panel";
import { OpenAlerts } from "./open-alerts";
import { RuleDialog } from "./rule-dialog";
import { newRule, type RuleForm } from "./rule-form";

const fresh = 10_000; // ms
const points = 400;

export function Page() {
  const [{ entity = "" }] = useFilters();
  const act = useMay("anomaly:act");
  const values = useMay("payload:read");
  const [rule, setRule] = useState<RuleForm>();
  const { data, error, refetch } = useQuery({
    queryKey: ["ai", "metrics", entity],
    queryFn: ({ signal }) => take(api.GET("/ai/metrics", { params: { query: { entity, points } }, signal })),
    enabled: entity !== "",
    refetchInterval: fresh,
  });
  const marks = useQuery({
    queryKey: ["ai", "alerts", "marks", entity],
    queryFn: ({ signal }) => take(api.GET("/ai/anomalies", { params: { query: { entity, limit: 200 } }, signal })),
    enabled: entity !== "",
  });
  const all = (
    <Link to="/anomalies" search={{ tab: "series" }}>
      All series
    </Link>
  );
  if (!entity) {
    return (
      <>
        <Heading title="No series" />
        <Empty action={all}>This address names no topic.</Empty>
      </>
    );
  }
  const broker = entity === "broker";
  return (
    <>
      <Heading
        title={<Text>{entity}</Text>}
        name={entity}
        actions={
          <>
            {all}
            {!broker && (
              <Link to="/topics" search={{ topic: entity }}>
                The topic
              </Link>
            )}
            {act && !broker && (
              <Button data-keys="new" onClick={() => setRule(newRule({ topic: entity }))}>
                Add rule
              </Button>
            )}
          </>
        }
      >
        {broker ? "The broker's own figures" : "What is watched of this topic"}
      </Heading>
      {!values && !broker && (
        <Notice>Values are hidden from your role. You see how the series do, not what they say.</Notice>
      )}
      <OpenAlerts entity={entity} title="Open alerts" />
      {error && !data && <ProblemNotice problem={error} retry={() => void refetch()} />}
      {!data && !error && <Waiting what="the series" rows={6} />}
      {data?.metrics.length === 0 && (
        <Empty action={all}>
          No number, state or word is known of it yet. When and how often it comes is watched all the same.
        </Empty>
      )}
      {data?.metrics.map((m) => (
        <MetricPanel
          key={m.field}
          metric={m}
          findings={marks.data?.anomalies ?? []}
          anew={act}
          {...(act && !broker && { onRule: setRule })}
        />
      ))}
      <Findings entity={entity} />
      {rule && <RuleDialog rule={rule} onClose={() => setRule(undefined)} />}
    </>
  );
}
