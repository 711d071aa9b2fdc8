// The first minute: whoever has the one-time token from the console makes the first account.
import { type FormEvent, useState } from "react";
import { api, take } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Me } from "../frame/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { ProblemNotice, Snippet } from "../ui/say";
import { InTheClear } from "./sign-in";

// tokenOfAddress takes the token out of the fragment, which no server sees, and out of the history.
function tokenOfAddress(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (token) history.replaceState(history.state, "", new URL(".", document.baseURI));
  return token;
}

// tokenOf takes the token out of what was pasted: the command prints a link that ends with it.
export function tokenOf(pasted: string): string {
  return (/#token=(.*)$/.exec(pasted)?.[1] ?? pasted).trim();
}

export function SetUp({ onDone }: { onDone: (me: Me) => void }) {
  const [token, setToken] = useState(tokenOfAddress);
  const [given] = useState(token !== "");
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const differ = again !== "" && again !== password;
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    if (again !== password) return;
    setBusy(true);
    setProblem(undefined);
    try {
      onDone(await take(api.POST("/auth/setup", { body: { token, username, password } })));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p>Welcome. Make the first account; it may do everything, and there is no other way in.</p>
      {(!given || problem) && (
        <>
          <TextField
            label="Set-up token, or the link with it"
            help="It shows that you are the one who runs this. On the host, this prints it:"
            required
            mono
            value={token}
            onChange={(e) => setToken(tokenOf(e.target.value))}
            wrong={problem?.field("token")}
          />
          <Snippet text="bunkerm setup-token" />
        </>
      )}
      <TextField
        label="Username"
        name="username"
        autoComplete="username"
        required
        value={username}
        onChange={(e) => setUsername(e.target.value)}
        wrong={problem?.field("username")}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        minLength={12}
        required
        autoFocus={given}
        help="12 characters at least: a few words that do not belong together are good."
        value={password}
        onChange={(e) => setPassword(e.target.value)}
        wrong={problem?.field("password")}
      />
      <TextField
        label="Password once more"
        name="password-again"
        type="password"
        autoComplete="new-password"
        required
        value={again}
        onChange={(e) => setAgain(e.target.value)}
        wrong={differ ? "is not the same" : undefined}
      />
      {problem && <ProblemNotice problem={problem} />}
      <Button type="submit" look="primary" busy={busy} disabled={differ}>
        Create account
      </Button>
      <InTheClear />
    </form>
  );
}
