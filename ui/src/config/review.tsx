// Review, then apply: how files would differ, what is wrong, what it does to those who are connected; and while it is
// applied, each step as it happens.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useId, useRef, useState } from "react";
import { asProblem } from "../api/problem";
import { useStats } from "../monitor/stats";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Notice, ProblemNotice, sentence, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { FileDiffs } from "./file-diff";
import { Outcome } from "./outcome";
import { Problems, tally } from "./problems";
import { type Change, type Checked, check, useSteps } from "./state";
import { Steps } from "./steps";
import { effectWords, scopeWords } from "./words";

export interface Applied {
  version: number;
  effect: "none" | "reload" | "restart";
  applied: boolean;
  took_ms: number;
}

interface ReviewProps {
  title: string;
  change: Change; // what would be written, for the check
  commentable?: boolean;
  draftable?: boolean;
  verb: string;
  may: boolean;
  back: ReactNode; // where the way back leads, on the button
  onBack: () => void;
  apply: (o: { comment: string; draft: boolean; watch: string }) => Promise<Applied>;
  onApplied: (done: Applied) => void;
  // stale: the files were changed by somebody else since the change was decided on.
  stale?: ReactNode;
}

export function Review(p: ReviewProps) {
  const id = useId();
  const queries = useQueryClient();
  const clients = useStats().data?.clients.connected;
  const [comment, setComment] = useState("");
  const { steps, begin } = useSteps();
  const began = useRef(0);
  const checked = useQuery({
    queryKey: ["check", id, p.change],
    queryFn: ({ signal }) => check(p.change, true, signal),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const act = useMutation({
    mutationFn: (draft: boolean) => {
      began.current = Date.now();
      return p.apply({ comment: comment.trim(), draft, watch: begin() });
    },
    onSuccess: p.onApplied,
    onSettled: () => queries.invalidateQueries({ queryKey: ["config"] }),
  });
  const wrong = checked.data?.problems.some((problem) => problem.severity === "error") ?? false;
  const same = checked.data?.diff.length === 0;
  const trouble = act.isError ? asProblem(act.error) : undefined;
  return (
    <div className="stack">
      <div className="row apart">
        <h2>{p.title}</h2>
        <Button onClick={p.onBack} disabled={act.isPending}>
          {p.back}
        </Button>
      </div>
      {p.stale}
      {act.isSuccess ? (
        <Outcome done={act.data} />
      ) : (
        <>
          {trouble && !(trouble.status === 412 && p.stale) && <Failure problem={trouble} />}
          {(act.isPending || trouble) && <Steps steps={steps} busy={act.isPending} from={began.current} />}
          {checked.isPending && <Waiting what="the broker's own program, which tries a copy out" rows={5} />}
          {checked.isError && <ProblemNotice problem={checked.error} retry={() => void checked.refetch()} />}
          {checked.data && <What checked={checked.data} clients={clients} />}
          {checked.data && p.may && !same && (
            <form
              className="panel stack apply"
              onSubmit={(e) => {
                e.preventDefault();
                if (!wrong) act.mutate(false);
              }}
            >
              {p.commentable && (
                <TextField
                  label="Why"
                  help="Stands in the list of versions."
                  value={comment}
                  maxLength={500}
                  disabled={act.isPending}
                  onChange={(e) => setComment(e.target.value)}
                />
              )}
              <div className="row">
                <Button
                  type="submit"
                  look={checked.data.effect.kind === "restart" ? "danger" : "primary"}
                  busy={act.isPending && !act.variables}
                  disabled={wrong || act.isPending || p.stale != null}
                >
                  {p.verb}
                </Button>
                {p.draftable && (
                  <Button
                    busy={act.isPending && act.variables}
                    disabled={act.isPending || p.stale != null}
                    onClick={() => act.mutate(true)}
                  >
                    Keep as draft
                  </Button>
                )}
                {wrong && <span className="quiet small">An error keeps it from being applied.</span>}
              </div>
            </form>
          )}
          {checked.data && <FileDiffs diff={checked.data.diff} none="Nothing differs from what is live." />}
        </>
      )}
      {act.isSuccess && steps.length > 1 && <Steps steps={steps} busy={false} from={began.current} />}
    </div>
  );
}

// What says what the change does, and what is to be said about it.
function What({ checked, clients }: { checked: Checked; clients: number | null | undefined }) {
  const { effect, problems } = checked;
  const reasons = effect.reasons.filter((r) => r.kind === effect.kind);
  return (
    <>
      <Notice tone={effect.kind === "restart" ? "warning" : "notice"}>
        <strong>{effectWords(effect.kind, clients)}</strong>
        {reasons.length > 0 && (
          <details>
            <summary className="small">Why</summary>
            <ul className="reasons-list small">
              {reasons.slice(0, 50).map((r, i) => (
                <li key={i}>
                  <code>
                    <Text>{r.key}</Text>
                  </code>{" "}
                  {r.scope && r.scope !== "global" && <Text>{`(${scopeWords(r.scope)}) `}</Text>}
                  <Text>{r.why}</Text>
                </li>
              ))}
            </ul>
          </details>
        )}
      </Notice>
      {problems.length > 0 && (
        <section className="panel stack" aria-label="Problems">
          <h2>{tally(problems)}</h2>
          <Problems problems={problems} />
        </section>
      )}
      <p className="quiet small">
        {checked.tried
          ? "The broker's own program has tried a copy out."
          : "The broker's own program was not asked: there is an error before, or nothing that it would read differently."}
        {checked.skipped.length > 0 && (
          <>
            {" "}
            Left out: <Text>{checked.skipped.join(", ")}</Text>. What is wrong with those shows when it is applied, and
            is undone then.
          </>
        )}
      </p>
    </>
  );
}

// Failure says in the broker's own words why it did not take a change, and what was put back.
function Failure({ problem }: { problem: ReturnType<typeof asProblem> }) {
  const { body, status } = problem;
  if (status !== 502) return <ProblemNotice problem={problem} />;
  return (
    <Notice tone="bad">
      <strong>The broker did not take it.</strong>
      <pre className="said">
        <Text lines>{body.detail}</Text>
      </pre>
      {body.hint && (
        <div>
          <Text>{sentence(body.hint)}</Text>
        </div>
      )}
      <div>What you changed is still here: go back, mend it, and review it again.</div>
      {body.request_id && <div className="request">request {body.request_id}</div>}
    </Notice>
  );
}
