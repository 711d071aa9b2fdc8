// What is being worked on: until it ends, what is strange about it is counted and told to nobody.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Moment, Until } from "../ui/time";
import { toast, toastProblem } from "../ui/toast";
import { MaintenanceDialog } from "./maintenance-dialog";

type Maintenance = Schemas["Maintenance"];

const scopeWords: Record<Maintenance["scope"], string> = {
  all: "Everything",
  client: "Client",
  group: "Group",
  topic: "Topics",
};

export function MaintenancePanel() {
  const act = useMay("anomaly:act");
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["ai", "maintenance"],
    queryFn: ({ signal }) => take(api.GET("/ai/maintenance", { signal })),
    refetchInterval: 30_000,
  });
  const end = async (m: Maintenance) => {
    try {
      await take(api.DELETE("/ai/maintenance/{id}", { params: { path: { id: m.id } } }));
      toast("Findings count again from now on.");
    } catch (thrown) {
      toastProblem(thrown);
    }
    void client.invalidateQueries({ queryKey: ["ai", "maintenance"] });
  };
  return (
    <section className="panel stack" aria-label="Maintenance">
      <div className="row apart">
        <div>
          <h2>Maintenance</h2>
          <p className="quiet">
            While somebody works on something, what is strange about it is counted and told to nobody.
          </p>
        </div>
        {act && <Button onClick={() => setAsking(true)}>Maintenance until…</Button>}
      </div>
      {error && !data && <ProblemNotice problem={error} retry={() => void refetch()} />}
      {!data && !error && <Waiting what="maintenance" />}
      {data?.maintenance.length === 0 && <p className="quiet">Nothing is being worked on.</p>}
      {data && data.maintenance.length > 0 && (
        <ul className="parts">
          {data.maintenance.map((m) => (
            <li key={m.id}>
              <span>
                {scopeWords[m.scope]}{" "}
                {m.target && (
                  <span className="mono">
                    <Text>{m.target}</Text>
                  </span>
                )}
              </span>
              <span>
                {m.from && Date.parse(m.from) > Date.now() && (
                  <>
                    from <Moment at={m.from} />{" "}
                  </>
                )}
                until <Moment at={m.until} /> (<Until at={m.until} />)
              </span>
              <span className="quiet">
                <Text>{[m.reason, m.actor && `by ${m.actor}`].filter(Boolean).join(", ")}</Text>
              </span>
              {act && (
                <Button
                  onClick={() => void end(m)}
                  aria-label={`End maintenance of ${visible(m.target || "everything")}`}
                >
                  End now
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {asking && <MaintenanceDialog onClose={() => setAsking(false)} />}
    </section>
  );
}
