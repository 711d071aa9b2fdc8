// The page My account: who one is and what one may do, the password, the browsers that are signed in, the theme.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { type Me, useMe } from "../frame/session";
import { setTheme, type Theme, useTheme } from "../frame/theme";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Heading } from "../ui/heading";
import { Icon } from "../ui/icon";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { toast, toastProblem } from "../ui/toast";
import { ChangePassword } from "./change-password";
import { SignedIn } from "./signed-in";
import { abilities, roleWords } from "./words";

export function Page() {
  const me = useMe();
  const client = useQueryClient();
  const signOut = useMutation({
    mutationFn: () => api.POST("/auth/sign-out"),
    onSuccess: () => {
      client.clear();
      location.assign(document.baseURI);
    },
    onError: toastProblem,
  });
  if (!me) return null;
  const person = me.via === "session";
  return (
    <>
      <Heading
        title="My account"
        actions={
          person && (
            <Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
              Sign out
            </Button>
          )
        }
      />
      <div className="columns">
        <div className="stack">
          <WhoIAm me={me} />
          <Look />
        </div>
        {person && (
          <div className="stack">
            <ChangePassword username={me.username} />
            <MySessions />
          </div>
        )}
      </div>
    </>
  );
}

function WhoIAm({ me }: { me: Me }) {
  return (
    <section className="panel">
      <h2>Who I am</h2>
      <dl className="facts">
        <dt>Username</dt>
        <dd>
          <Text>{me.username}</Text>
        </dd>
        <dt>Role</dt>
        <dd>
          <strong>{me.role}</strong>, {roleWords(me.role)}
        </dd>
        <dt>Last sign-in</dt>
        <dd>
          <Ago at={me.last_sign_in} />
        </dd>
      </dl>
      <h3 style={{ margin: "16px 0 6px" }}>What I may do</h3>
      <ul className="things tight">
        {abilities(me.permissions).map((a) => (
          <li key={a.words} className={a.allowed ? "" : "quiet"}>
            <span>
              {a.words}
              {!a.allowed && <span className="visually-hidden"> (not allowed)</span>}
            </span>
            <Icon name={a.allowed ? "good" : "close"} size={16} />
          </li>
        ))}
      </ul>
      {me.role !== "admin" && <p className="quiet small">An admin can change the role, on the page Users.</p>}
    </section>
  );
}

const themes: { value: Theme; label: string }[] = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

function Look() {
  return (
    <section className="panel">
      <h2>Theme</h2>
      <p className="help-line">Remembered in this browser.</p>
      <Segments label="Theme" value={useTheme()} options={themes} onChange={setTheme} />
    </section>
  );
}

const mySessions = ["auth", "my-sessions"];

function MySessions() {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const sessions = useQuery({
    queryKey: mySessions,
    queryFn: ({ signal }) => take(api.GET("/auth/me/sessions", { signal })),
    refetchInterval: 30_000,
  });
  const refresh = () => client.invalidateQueries({ queryKey: mySessions });
  const end = useMutation({
    mutationFn: (s: Schemas["SessionInfo"]) => api.DELETE("/auth/me/sessions/{id}", { params: { path: { id: s.id } } }),
    onSuccess: () => toast("That browser has to sign in again."),
    onError: toastProblem,
    onSettled: refresh,
  });
  const others = sessions.data?.sessions.filter((s) => !s.current).length ?? 0;
  return (
    <section className="panel">
      <div className="row apart">
        <h2>Where I am signed in</h2>
        {others > 0 && <Button onClick={() => setAsking(true)}>End all others</Button>}
      </div>
      {sessions.isError && <ProblemNotice problem={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.isPending && <Waiting what="the sessions" />}
      {sessions.data && (
        <SignedIn
          sessions={sessions.data.sessions}
          busy={end.isPending ? end.variables.id : undefined}
          onEnd={(s) => end.mutate(s)}
        />
      )}
      {asking && (
        <FormDialog
          title="End all other sessions"
          verb="End them"
          danger
          onClose={() => setAsking(false)}
          onSubmit={async () => {
            await api.POST("/auth/me/sessions/end-others");
            toast("Only this browser is signed in now.");
            await refresh();
          }}
        >
          <Notice tone="warning">
            {others === 1 ? "One other browser has" : `${others} other browsers have`} to sign in again. What is typed
            there and not saved yet stays on their screens.
          </Notice>
        </FormDialog>
      )}
    </section>
  );
}
