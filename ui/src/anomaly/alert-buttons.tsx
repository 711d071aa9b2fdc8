// What one can do about an alert: say that one has seen it, and whether it was right.
import { useState } from "react";
import { api, take } from "../api/client";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { visible } from "../ui/text";
import { toast, toastProblem } from "../ui/toast";
import { type Alert, useChanged } from "./alerts";

type Verdict = NonNullable<Alert["verdict"]>;

export function AlertButtons({ alert }: { alert: Alert }) {
  const act = useMay("anomaly:act");
  const changed = useChanged();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState<Verdict>();
  if (!act) return alert.verdict ? <p className="quiet small">{verdictWords(alert.verdict)}</p> : null;
  const judge = async (verdict: Verdict) => {
    setBusy(verdict);
    try {
      await take(api.POST("/ai/alerts/{id}/feedback", { params: { path: { id: alert.id } }, body: { verdict } }));
      changed();
      toast(
        verdict === "false_alarm"
          ? "Its series alarm less easily from now on."
          : "Its series alarm a little more easily from now on.",
      );
    } catch (thrown) {
      toastProblem(thrown);
    } finally {
      setBusy(undefined);
    }
  };
  const name = visible(alert.title);
  return (
    <div className="row">
      {alert.status === "open" && (
        <Button look="primary" onClick={() => setAsking(true)} aria-label={`Acknowledge: ${name}`}>
          Acknowledge
        </Button>
      )}
      {alert.verdict ? (
        <span className="quiet small">{verdictWords(alert.verdict)}</span>
      ) : (
        <>
          <Button
            busy={busy === "false_alarm"}
            onClick={() => void judge("false_alarm")}
            aria-label={`This was a false alarm: ${name}`}
          >
            This was a false alarm
          </Button>
          <Button
            busy={busy === "true_alarm"}
            onClick={() => void judge("true_alarm")}
            aria-label={`This was right: ${name}`}
          >
            This was right
          </Button>
        </>
      )}
      {asking && <Acknowledge alert={alert} onClose={() => setAsking(false)} />}
    </div>
  );
}

function verdictWords(verdict: Verdict): string {
  return verdict === "false_alarm" ? "Somebody said: a false alarm." : "Somebody said: it was right.";
}

function Acknowledge({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const changed = useChanged();
  const [note, setNote] = useState("");
  return (
    <FormDialog
      title="Acknowledge the alert"
      about="Others see that you know of it, and it is not counted any more. It stays until it is over."
      verb="Acknowledge"
      onClose={onClose}
      onSubmit={async () => {
        await take(
          api.POST("/ai/alerts/{id}/acknowledge", {
            params: { path: { id: alert.id } },
            body: { note: note.trim() },
          }),
        );
        changed();
      }}
    >
      <TextArea
        label="Note"
        help="What there is to say about it, for whoever looks next. May be empty."
        maxLength={2000}
        value={note}
        onChange={(e) => setNote(e.target.value)}
      />
    </FormDialog>
  );
}
