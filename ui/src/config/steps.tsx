// The steps of a change as they happen, each with how long it took.
import { useEffect, useState } from "react";
import { Icon } from "../ui/icon";
import { Text } from "../ui/text";
import type { Step } from "./state";
import { stepWords } from "./words";

// Steps shows what was done and what is being done. Why it failed is told by whoever shows it. busy: the answer has not come yet.
export function Steps({ steps, busy, from }: { steps: Step[]; busy: boolean; from: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!busy) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [busy]);
  if (!busy && steps.length === 0) return null;
  const at = (i: number) => Date.parse(steps[i]?.at ?? "");
  return (
    <ol className="steps" aria-label="Steps" aria-live="polite" aria-busy={busy || undefined}>
      {steps.map((step, i) => {
        const last = i === steps.length - 1;
        const ended = step.step === "done" || step.step === "back" || step.step === "failed";
        const going = last && busy && !ended;
        const bad = step.step === "failed" || step.step === "putting_back";
        const took = last ? undefined : at(i + 1) - at(i);
        return (
          <li key={i} className={going ? "going" : bad ? "bad" : ""}>
            {going ? <span className="mark">…</span> : <Icon name={bad ? "bad" : "good"} size={15} />}
            <span>
              {stepWords(step.step)}
              {step.detail && step.step !== "failed" && (
                <span className="quiet small">
                  {" "}
                  <Text>{step.detail}</Text>
                </span>
              )}
            </span>
            {took !== undefined && took >= 0 && <span className="quiet small number">{took} ms</span>}
          </li>
        );
      })}
      {busy && steps.length === 0 && (
        <li className="going">
          <span className="mark">…</span>
          <span>Asking</span>
          {now - from > 1000 && <span className="quiet small number">{Math.floor((now - from) / 1000)} s</span>}
        </li>
      )}
    </ol>
  );
}
