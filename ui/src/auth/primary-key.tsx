// The primary API key: seen and replaced only by an admin who gives the password again, and hidden after a minute.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, take } from "../api/client";
import type { Problem } from "../api/problem";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { CopyButton, Notice, ProblemNotice, sentence, Waiting } from "../ui/say";

const shownFor = 60; // seconds

const asks = {
  reveal: {
    title: "Show the API key",
    verb: "Show key",
    about: "Whoever has this key may do everything. It is recorded that you looked at it.",
  },
  rotate: {
    title: "Replace the API key",
    verb: "Replace key",
    about:
      "The present key stops working at once: scripts, dashboards and Home Assistant that use it fail until they get the new one. Browsers stay signed in, and devices are not touched.",
  },
} as const;

export function PrimaryKey() {
  const client = useQueryClient();
  const [asking, setAsking] = useState<keyof typeof asks>();
  const [shown, setShown] = useState<{ key: string; since: number }>();
  const told = useQuery({
    queryKey: ["auth", "primary-key"],
    queryFn: ({ signal }) => take(api.GET("/auth/primary-key", { signal })),
  });
  return (
    <section className="panel stack">
      <div>
        <h2>API key</h2>
        <p className="quiet">For scripts and other programs, in the header X-API-Key. It may do everything.</p>
      </div>
      {told.isPending && <Waiting what="the key" rows={1} />}
      {told.isError && <ProblemNotice problem={told.error} retry={() => void told.refetch()} />}
      {told.data?.warning && <Notice tone="warning">{sentence(told.data.warning)}</Notice>}
      {told.data && (
        <div className="secret-line">
          {shown ? (
            <Revealed key={shown.since} text={shown.key} onHide={() => setShown(undefined)} />
          ) : (
            <>
              <code>
                <span aria-hidden="true">••••••••••••</span>
                <span className="visually-hidden">hidden, ends in </span>
                {told.data.hint}
              </code>
              <Button onClick={() => setAsking("reveal")}>Show</Button>
            </>
          )}
        </div>
      )}
      {told.data?.source === "environment" ? (
        <p className="quiet">
          The environment sets this key (API_KEY or API_KEY_FILE). To replace it, change it there and restart BunkerM.
        </p>
      ) : (
        told.data && (
          <div>
            <Button look="danger" onClick={() => setAsking("rotate")}>
              Replace
            </Button>
          </div>
        )
      )}
      {asking && (
        <PasswordAgain
          {...asks[asking]}
          danger={asking === "rotate"}
          onClose={() => setAsking(undefined)}
          onPassword={async (password) => {
            const { key } = await take(api.POST(`/auth/primary-key/${asking}`, { body: { password } }));
            setShown({ key, since: Date.now() });
            await client.invalidateQueries({ queryKey: ["auth", "primary-key"] });
          }}
        />
      )}
    </section>
  );
}

function Revealed({ text, onHide }: { text: string; onHide: () => void }) {
  const [left, setLeft] = useState(shownFor);
  useEffect(() => {
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), 1000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (left <= 0) onHide();
  }, [left, onHide]);
  return (
    <>
      <code>{text}</code>
      <span className="quiet small number">hidden in {left} s</span>
      <CopyButton text={text} />
      <Button onClick={onHide}>Hide</Button>
    </>
  );
}

interface PasswordAgainProps {
  title: string;
  verb: string;
  about: string;
  danger: boolean;
  onPassword: (password: string) => Promise<void>;
  onClose: () => void;
}

// PasswordAgain asks for the password of who is signed in: an open browser alone must not be enough.
function PasswordAgain({ title, verb, about, danger, onPassword, onClose }: PasswordAgainProps) {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem>();
  return (
    <FormDialog
      title={title}
      about={about}
      verb={verb}
      danger={danger}
      disabled={!password}
      onSubmit={() => onPassword(password)}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField
        label="Your password"
        type="password"
        autoComplete="current-password"
        autoFocus
        value={password}
        wrong={problem?.field("password")}
        onChange={(e) => {
          setPassword(e.target.value);
          setProblem(undefined);
        }}
      />
    </FormDialog>
  );
}
