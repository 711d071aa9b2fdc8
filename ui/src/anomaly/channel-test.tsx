// The button that tries a channel out, and what the receiver answered.
import { useState } from "react";
import { api, take } from "../api/client";
import { asProblem } from "../api/problem";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Notice, ProblemNotice } from "../ui/say";
import { Text, visible } from "../ui/text";
import type { Channel } from "./settings";

type Outcome = { answer: string } | { problem: unknown };

async function tryOut(what: { id: string } | { channel: Channel }): Promise<Outcome> {
  try {
    return await take(api.POST("/settings/anomaly/test", { body: what }));
  } catch (thrown) {
    return { problem: asProblem(thrown) };
  }
}

function Said({ outcome }: { outcome: Outcome }) {
  if ("problem" in outcome) return <ProblemNotice problem={outcome.problem} />;
  return (
    <Notice tone="good">
      <strong>The message was taken.</strong>
      <div className="mono">
        <Text lines>{outcome.answer}</Text>
      </div>
    </Notice>
  );
}

// TestButton tries out a channel that is stored.
export function TestButton({ id, name }: { id: string; name: string }) {
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  return (
    <>
      <Button
        busy={busy}
        aria-label={`Test ${visible(name)}`}
        onClick={async () => {
          setBusy(true);
          setOutcome(await tryOut({ id }));
          setBusy(false);
        }}
      >
        Test
      </Button>
      {outcome && (
        <Dialog title="What the receiver said" onClose={() => setOutcome(undefined)}>
          <Said outcome={outcome} />
          <div className="foot">
            <Button onClick={() => setOutcome(undefined)}>Close</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

// TestDraft tries out a channel as it stands in the form.
export function TestDraft({ channel, disabled }: { channel: Channel; disabled: boolean }) {
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  return (
    <div className="stack" style={{ gap: 8 }}>
      <div>
        <Button
          busy={busy}
          disabled={disabled}
          onClick={async () => {
            setBusy(true);
            setOutcome(await tryOut({ channel }));
            setBusy(false);
          }}
        >
          Test
        </Button>
      </div>
      {outcome && <Said outcome={outcome} />}
    </div>
  );
}
