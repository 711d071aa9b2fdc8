// The buttons below settings that were changed: they are there only while something is.
import { Button } from "../ui/button";
import { ProblemNotice } from "../ui/say";

interface SaveBarProps {
  changed: boolean;
  busy: boolean;
  problem: unknown;
  onSave: () => void;
  onReset: () => void;
}

export function SaveBar({ changed, busy, problem, onSave, onReset }: SaveBarProps) {
  return (
    <>
      {problem != null && <ProblemNotice problem={problem} />}
      {changed && (
        <div className="row">
          <Button look="primary" busy={busy} onClick={onSave}>
            Save
          </Button>
          <Button disabled={busy} onClick={onReset}>
            Discard
          </Button>
        </div>
      )}
    </>
  );
}
