// One user: role, whether they may sign in, their browsers, their password, and removing them.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useMe } from "../frame/session";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { many } from "../ui/format";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { toast, toastProblem } from "../ui/toast";
import { RoleChoice } from "./role-choice";
import { ShownOnce } from "./shown-once";
import { SignedIn } from "./signed-in";
import { type PersonRole, personRoles, roleWords } from "./words";

type User = Schemas["User"];
type Act = "role" | "disable" | "reset" | "remove";

const acts: Record<Act, { title: string; verb: string }> = {
  role: { title: "Change the role of", verb: "Change role" },
  disable: { title: "Disable", verb: "Disable user" },
  reset: { title: "Reset the password of", verb: "Reset password" },
  remove: { title: "Remove", verb: "Remove user" },
};

export function OneUser({ username, onClose }: { username: string; onClose: () => void }) {
  const client = useQueryClient();
  const [act, setAct] = useState<Act>();
  const [password, setPassword] = useState<string>();
  const path = { username };
  const user = useQuery({
    queryKey: ["auth", "users", "one", username],
    queryFn: ({ signal }) => take(api.GET("/auth/users/{username}", { params: { path }, signal })),
    retry: false,
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["auth"] });
  const update = async (change: Schemas["UserFields"]) => {
    await api.PUT("/auth/users/{username}", { params: { path }, body: change });
    await refresh();
  };
  const name = <Text>{user.data?.username ?? username}</Text>;
  if (password !== undefined) {
    return (
      <ShownOnce title={<>New password of {name}</>} what="password" secret={password} onClose={onClose}>
        <p>All their browsers have to sign in again.</p>
      </ShownOnce>
    );
  }
  if (act && user.data) {
    const back = () => setAct(undefined);
    return (
      <Confirm
        act={act}
        user={user.data}
        onClose={back}
        onRole={async (role) => {
          const before = user.data.role;
          await update({ role });
          onClose(); // a toast cannot be reached from inside of a dialog
          toast(`${username} is ${role} now.`, () => update({ role: before }));
        }}
        onDisable={async () => {
          await update({ disabled: true });
          onClose();
          toast(`${username} cannot sign in any more.`, () => update({ disabled: false }));
        }}
        onReset={async () => {
          const answer = await take(api.POST("/auth/users/{username}/reset", { params: { path } }));
          void refresh();
          setPassword(answer.password);
        }}
        onRemove={async () => {
          await api.DELETE("/auth/users/{username}", { params: { path } });
          toast(`Removed the user ${username}.`);
          onClose();
          client.removeQueries({ queryKey: ["auth", "users", "one", username] });
          await refresh();
        }}
      />
    );
  }
  return (
    <Dialog wide title={name} onClose={onClose}>
      {user.isError && <ProblemNotice problem={user.error} retry={() => void user.refetch()} />}
      {user.isPending && <Waiting what="the user" />}
      {user.data && (
        <div className="stack">
          <About user={user.data} />
          <div className="row">
            <Button data-keys="edit" onClick={() => setAct("role")}>
              Change role
            </Button>
            <Button onClick={() => setAct("reset")}>Reset password</Button>
            {user.data.disabled ? (
              <Button
                onClick={() =>
                  update({ disabled: false }).then(() => toast(`${username} may sign in again.`), toastProblem)
                }
              >
                Enable
              </Button>
            ) : (
              <Button look="danger" onClick={() => setAct("disable")}>
                Disable
              </Button>
            )}
            <Button look="danger" onClick={() => setAct("remove")}>
              Remove
            </Button>
          </div>
          <Browsers username={username} onChange={refresh} />
        </div>
      )}
      <div className="foot">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

function About({ user }: { user: User }) {
  return (
    <dl className="facts">
      <dt>Role</dt>
      <dd>
        <strong>{user.role}</strong>, {roleWords(user.role)}
      </dd>
      <dt>State</dt>
      <dd>{user.disabled ? <Badge tone="warning">disabled</Badge> : <Badge tone="good">may sign in</Badge>}</dd>
      <dt>Created</dt>
      <dd>
        <Ago at={user.created} />
      </dd>
      <dt>Last sign-in</dt>
      <dd>
        <Ago at={user.last_sign_in} />
      </dd>
    </dl>
  );
}

interface ConfirmProps {
  act: Act;
  user: User;
  onClose: () => void;
  onRole: (role: PersonRole) => Promise<void>;
  onDisable: () => Promise<void>;
  onReset: () => Promise<void>;
  onRemove: () => Promise<void>;
}

function Confirm({ act, user, onClose, onRole, onDisable, onReset, onRemove }: ConfirmProps) {
  const [role, setRole] = useState<PersonRole>(user.role);
  const me = useMe();
  const submit = { role: () => onRole(role), disable: onDisable, reset: onReset, remove: onRemove }[act];
  const cut =
    user.sessions === 0
      ? "No browser is signed in now."
      : `${many(user.sessions, "browser is", "browsers are")} signed in now.`;
  return (
    <FormDialog
      title={
        <>
          {acts[act].title} <Text>{user.username}</Text>
        </>
      }
      verb={acts[act].verb}
      danger={act !== "role"}
      disabled={act === "role" && role === user.role}
      closeAfter={false}
      onSubmit={submit}
      onClose={onClose}
    >
      {act === "role" && <RoleChoice roles={personRoles} value={role} onChange={setRole} />}
      {act === "role" && <p className="quiet">It holds from their next click on, without signing in again.</p>}
      {act === "disable" && <Notice tone="warning">They are signed out everywhere and cannot sign in. {cut}</Notice>}
      {act === "reset" && (
        <Notice tone="warning">
          The present password stops working, and they are signed out everywhere. {cut} The new one is shown once.
        </Notice>
      )}
      {act === "remove" && (
        <Notice tone="warning">
          The account ends and cannot be brought back. {cut} What they did stays in the audit.
        </Notice>
      )}
      {user.username === me?.username && <Notice tone="warning">This is your own account.</Notice>}
    </FormDialog>
  );
}

function Browsers({ username, onChange }: { username: string; onChange: () => Promise<unknown> }) {
  const [busy, setBusy] = useState<string>();
  const path = { username };
  const sessions = useQuery({
    queryKey: ["auth", "user-sessions", username],
    queryFn: ({ signal }) => take(api.GET("/auth/users/{username}/sessions", { params: { path }, signal })),
  });
  const end = async (id: string, send: () => Promise<unknown>) => {
    setBusy(id);
    try {
      await send();
    } catch (thrown) {
      toastProblem(thrown);
    } finally {
      setBusy(undefined);
      await onChange();
    }
  };
  return (
    <section>
      <div className="row apart">
        <h2>Signed in</h2>
        {(sessions.data?.total ?? 0) > 1 && (
          <Button
            busy={busy === "all"}
            onClick={() => void end("all", () => api.DELETE("/auth/users/{username}/sessions", { params: { path } }))}
          >
            End all
          </Button>
        )}
      </div>
      {sessions.isError && <ProblemNotice problem={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.data && (
        <SignedIn
          sessions={sessions.data.sessions}
          busy={busy}
          onEnd={(s) =>
            void end(s.id, () =>
              api.DELETE("/auth/users/{username}/sessions/{id}", { params: { path: { username, id: s.id } } }),
            )
          }
        />
      )}
    </section>
  );
}
