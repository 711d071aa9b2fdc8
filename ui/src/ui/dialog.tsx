// Dialogs: a few fields, or one question. Escape closes; what was typed is kept by whoever opened it.
import { Dialog as Radix } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { asProblem, type Problem } from "../api/problem";
import { Button } from "./button";
import { useGiveBack } from "./give-back";
import { ProblemNotice } from "./say";

interface DialogProps {
  title: ReactNode;
  about?: ReactNode;
  children?: ReactNode;
  wide?: boolean;
  onClose: () => void;
}

export function Dialog({ title, about, children, wide, onClose }: DialogProps) {
  const giveBack = useGiveBack();
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="overlay" />
        <Radix.Content
          className={`dialog ${wide ? "wide" : ""}`}
          {...(about ? {} : { "aria-describedby": undefined })}
          onCloseAutoFocus={giveBack}
          onEscapeKeyDown={(e) => {
            // A list that is open under a field closes first.
            if (document.activeElement?.getAttribute("aria-expanded") === "true") e.preventDefault();
          }}
        >
          <Radix.Title style={{ fontSize: 17, marginBottom: 8 }}>{title}</Radix.Title>
          {about && (
            <Radix.Description asChild>
              <div className="quiet" style={{ marginBottom: 12 }}>
                {about}
              </div>
            </Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface FormDialogProps extends DialogProps {
  verb: string; // on the button: what pressing it does
  danger?: boolean;
  disabled?: boolean;
  onSubmit: () => Promise<unknown>;
  // problem is told to the fields too, so that they can mark themselves.
  onProblem?: (problem: Problem) => void;
  closeAfter?: boolean;
}

// FormDialog sends when its button or Enter is pressed, shows what went wrong, and closes when nothing did.
export function FormDialog({
  verb,
  danger,
  disabled,
  onSubmit,
  onProblem,
  closeAfter = true,
  children,
  ...rest
}: FormDialogProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await onSubmit();
      if (closeAfter) rest.onClose();
    } catch (thrown) {
      const p = asProblem(thrown);
      setProblem(p);
      onProblem?.(p);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...rest}>
      <form className="stack" onSubmit={submit}>
        {children}
        {problem && <ProblemNotice problem={problem} />}
        <div className="foot">
          <Button onClick={rest.onClose}>Cancel</Button>
          <Button type="submit" look={danger ? "danger" : "primary"} busy={busy} disabled={disabled}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
