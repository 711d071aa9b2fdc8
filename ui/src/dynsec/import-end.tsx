// How an import ends, of a list as of files: what is read, done or wrong, and the buttons.
import type { ReactNode } from "react";
import { Button } from "../ui/button";
import { many, span } from "../ui/format";
import { ProblemNotice } from "../ui/say";

interface Act<Result> {
  isPending: boolean;
  isError: boolean;
  error: unknown;
  data: Result | undefined;
}

interface Ending<Result extends { estimate_seconds: number }> {
  act: Act<Result>;
  plan: Result | undefined;
  clients: number; // that are made or changed
  ready: boolean; // the plan may be carried out
  show: (result: Result) => ReactNode;
  onStart: () => void;
  onClose: () => void;
}

export function ImportEnd<Result extends { estimate_seconds: number }>(e: Ending<Result>) {
  const { act, plan } = e;
  return (
    <>
      {act.isPending && (
        <p role="status">Importing{plan && plan.estimate_seconds >= 1 && `, about ${span(plan.estimate_seconds)}`}…</p>
      )}
      {act.isError && <ProblemNotice problem={act.error} />}
      {act.data && e.show(act.data)}
      <div className="foot">
        <Button onClick={e.onClose}>{act.data ? "Close" : "Cancel"}</Button>
        {!act.data && (
          <Button look="primary" busy={act.isPending} disabled={!plan || !e.ready} onClick={e.onStart}>
            {e.clients > 0 ? `Import ${many(e.clients, "client")}` : "Import"}
          </Button>
        )}
      </div>
    </>
  );
}

interface Rehearsal<Result> extends Act<Result> {
  reading: ReactNode; // while it is read
  show: (result: Result) => ReactNode;
}

// Rehearsed is what would be done.
export function Rehearsed<Result>({ isPending, isError, error, data, reading, show }: Rehearsal<Result>) {
  return (
    <>
      {isPending && <p className="quiet">{reading}</p>}
      {isError && <ProblemNotice problem={error} />}
      {data && !isPending && show(data)}
    </>
  );
}
