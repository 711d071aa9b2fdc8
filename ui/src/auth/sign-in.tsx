// Signing in with a name and a password.
import { type FormEvent, useState } from "react";
import { api, root, take } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Me } from "../frame/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Notice, ProblemNotice } from "../ui/say";

export function SignIn({ username: known = "", onSignedIn }: { username?: string; onSignedIn: (me: Me) => void }) {
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      onSignedIn(await take(api.POST("/auth/sign-in", { body: { username, password } })));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        label="Username"
        name="username"
        autoComplete="username"
        required
        autoFocus={!known}
        value={username}
        onChange={(e) => setUsername(e.target.value)}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        autoFocus={Boolean(known)}
        value={password}
        onChange={(e) => setPassword(e.target.value)}
      />
      {problem && <ProblemNotice problem={problem} />}
      <div className="row apart">
        <span className="quiet small">
          Forgotten? <code>bunkerm user reset</code> on the host.
        </span>
        <Button type="submit" look="primary" busy={busy}>
          Sign in
        </Button>
      </div>
      <InTheClear />
    </form>
  );
}

// InTheClear hints at what everybody on the way can read.
export function InTheClear() {
  const near = ["localhost", "127.0.0.1", "[::1]"].includes(root.hostname);
  if (root.protocol === "https:" || near) return null;
  return (
    <Notice tone="warning">
      This page comes over plain http: whoever is on the network between here and {root.hostname} can read the password.
      Start BunkerM with --tls-cert and --tls-key, or put it behind a proxy with https.
    </Notice>
  );
}
