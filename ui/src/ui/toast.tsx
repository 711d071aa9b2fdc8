// Toasts: what was done, with a way to undo it where there is one. They wait while the pointer or the focus is on them.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { asProblem } from "../api/problem";
import { Button } from "./button";
import { sentence } from "./say";

interface Toast {
  id: number;
  text: string;
  undo?: (() => unknown) | undefined;
  bad?: boolean;
}

let toasts: Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function set(now: Toast[]): void {
  toasts = now;
  for (const w of watchers) w();
}

// toast tells what was done. undo takes it back.
export function toast(text: string, undo?: () => unknown): void {
  set([...toasts.slice(-2), { id: next++, text, undo }]);
}

export function toastProblem(thrown: unknown): void {
  const { body } = asProblem(thrown);
  set([
    ...toasts.slice(-2),
    {
      id: next++,
      text: [sentence(body.detail), body.hint && sentence(body.hint)].filter(Boolean).join(" "),
      bad: true,
    },
  ]);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (w) => {
      watchers.add(w);
      return () => watchers.delete(w);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="region" aria-label="What was done">
      {shown.map((t) => (
        <One key={t.id} toast={t} />
      ))}
    </div>
  );
}

function One({ toast: t }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  const [busy, setBusy] = useState(false);
  const close = useRef(() => set(toasts.filter((other) => other.id !== t.id)));
  useEffect(() => {
    if (held || busy) return;
    const timer = setTimeout(close.current, t.undo || t.bad ? 10_000 : 4_000);
    return () => clearTimeout(timer);
  }, [held, busy, t]);
  const undo = async () => {
    setBusy(true);
    try {
      await t.undo?.();
      close.current();
    } catch (thrown) {
      close.current();
      toastProblem(thrown);
    }
  };
  return (
    <div
      className="toast"
      role={t.bad ? "alert" : "status"}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{t.text}</span>
      <span className="row" style={{ flexWrap: "nowrap" }}>
        {t.undo && (
          <Button onClick={undo} busy={busy}>
            Undo
          </Button>
        )}
        <Button icon="close" aria-label="Dismiss" onClick={close.current} />
      </span>
    </div>
  );
}
