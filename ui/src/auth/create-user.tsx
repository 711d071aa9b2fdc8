// Creating a user: a name and a role. The password is made here unless one is given, and shown once.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, root, type Schemas, take } from "../api/client";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { CheckField, TextField } from "../ui/field";
import { Text } from "../ui/text";
import { toast } from "../ui/toast";
import { passwordHelp } from "./change-password";
import { RoleChoice } from "./role-choice";
import { ShownOnce } from "./shown-once";
import { type PersonRole, personRoles } from "./words";

export function CreateUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<PersonRole>("viewer");
  const [own, setOwn] = useState(false);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Schemas["UserWithPassword"]>();
  if (made?.password) {
    return (
      <ShownOnce
        title={
          <>
            Created <Text>{made.user.username}</Text>
          </>
        }
        what="password"
        secret={made.password}
        onClose={onClose}
      >
        <p>
          Hand it to them together with the address of this page, <code>{root.href}</code>. They can change it under My
          account.
        </p>
      </ShownOnce>
    );
  }
  const submit = async () => {
    const answer = await take(api.POST("/auth/users", { body: { username, role, ...(own && { password }) } }));
    void client.invalidateQueries({ queryKey: ["auth", "users"] });
    if (answer.password) {
      setMade(answer);
      return;
    }
    toast(`Created the user ${answer.user.username}.`);
    onClose();
  };
  return (
    <FormDialog
      title="Create user"
      verb="Create user"
      disabled={!username || (own && !password)}
      closeAfter={false}
      onSubmit={submit}
      onProblem={setProblem}
      onClose={onClose}
    >
      <TextField
        label="Username"
        autoFocus
        value={username}
        wrong={problem?.field("username") ?? (problem?.status === 409 ? "This name is taken." : undefined)}
        onChange={(e) => {
          setUsername(e.target.value);
          setProblem(undefined);
        }}
      />
      <RoleChoice roles={personRoles} value={role} onChange={setRole} />
      <CheckField
        label="Choose the password myself"
        help="Otherwise one is made and shown once."
        checked={own}
        onChange={(e) => setOwn(e.target.checked)}
      />
      {own && (
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          help={passwordHelp}
          value={password}
          wrong={problem?.field("password")}
          onChange={(e) => setPassword(e.target.value)}
        />
      )}
    </FormDialog>
  );
}
