// A version of the dynamic security file becomes live again.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, take } from "../api/client";
import { asProblem } from "../api/problem";
import { useStats } from "../monitor/stats";
import { Button } from "../ui/button";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { DynsecDiff, isEmpty } from "./dynsec-diff";
import { DynsecOutcome } from "./dynsec-outcome";
import { useSteps, type Version } from "./state";
import { Steps } from "./steps";
import { versionQuery } from "./versions";
import { restartWords } from "./words";

export function RestoreDynsec({ version, onBack }: { version: Version; onBack: () => void }) {
  const queries = useQueryClient();
  const clients = useStats().data?.clients.connected;
  const { steps, begin } = useSteps();
  const began = useRef(0);
  const found = useQuery(versionQuery(version.id, "live"));
  const act = useMutation({
    mutationFn: async (restart: boolean) => {
      began.current = Date.now();
      const query = { restart, watch: begin() };
      const done = await take(
        api.POST("/config/versions/{id}/restore", { params: { path: { id: version.id }, query } }),
      );
      return done.dynsec;
    },
    onSettled: () => Promise.all(["config", "dynsec"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
  // Passwords cannot be changed live: the server refuses, and says so, until a restart is allowed.
  const trouble = act.isError ? asProblem(act.error) : undefined;
  const needsRestart = trouble !== undefined && /restart/i.test(`${trouble.body.detail} ${trouble.body.hint ?? ""}`);
  return (
    <div className="stack">
      <div className="row apart">
        <h2>Restore version {version.id}</h2>
        <Button disabled={act.isPending} onClick={onBack}>
          Back to the version
        </Button>
      </div>
      {act.isSuccess && <DynsecOutcome done={act.data} />}
      {trouble && <ProblemNotice problem={trouble} />}
      <Steps steps={steps} busy={act.isPending} from={began.current} />
      {!act.isSuccess && found.isPending && <Waiting what="what differs" />}
      {found.isError && <ProblemNotice problem={found.error} retry={() => void found.refetch()} />}
      {!act.isSuccess && found.data?.dynsec && (
        <>
          <Notice>
            Below is how the version differs from what is live. BunkerM's own account stays as it is. What can be
            changed live disturbs only the clients concerned; if it takes a restart, you are asked first.
          </Notice>
          {!isEmpty(found.data.dynsec) && (
            <div className="row">
              {needsRestart ? (
                <Button look="danger" busy={act.isPending} onClick={() => act.mutate(true)}>
                  Restart and restore
                </Button>
              ) : (
                <Button look="primary" busy={act.isPending} onClick={() => act.mutate(false)}>
                  Restore
                </Button>
              )}
              {needsRestart && <span className="quiet small">{restartWords(clients)}</span>}
            </div>
          )}
          <DynsecDiff diff={found.data.dynsec} />
        </>
      )}
    </div>
  );
}
