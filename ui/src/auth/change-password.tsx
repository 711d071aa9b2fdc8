// Changing one's own password.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { ProblemNotice } from "../ui/say";
import { toast } from "../ui/toast";

export const passwordHelp = "12 characters at least. A few words that do not belong together are fine.";

export function ChangePassword({ username }: { username: string }) {
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const differ = again !== "" && again !== next ? "This is not the same password." : undefined;
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await api.POST("/auth/me/password", { body: { current, new: next } });
      for (const clear of [setCurrent, setNext, setAgain]) clear("");
      toast("The password was changed. All other browsers have to sign in again.");
      void client.invalidateQueries({ queryKey: ["auth"] });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="panel">
      <h2>Password</h2>
      <form className="stack form-narrow" onSubmit={submit}>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <TextField
          label="Present password"
          type="password"
          autoComplete="current-password"
          required
          value={current}
          wrong={problem?.field("current")}
          onChange={(e) => setCurrent(e.target.value)}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          required
          help={passwordHelp}
          value={next}
          wrong={problem?.field("new")}
          onChange={(e) => setNext(e.target.value)}
        />
        <TextField
          label="New password again"
          type="password"
          autoComplete="new-password"
          required
          value={again}
          wrong={differ}
          onChange={(e) => setAgain(e.target.value)}
        />
        {problem && <ProblemNotice problem={problem} />}
        <div className="row">
          <Button type="submit" look="primary" busy={busy} disabled={!current || !next || again !== next}>
            Change password
          </Button>
          <span className="quiet small">Ends all your other sessions.</span>
        </div>
      </form>
    </section>
  );
}
