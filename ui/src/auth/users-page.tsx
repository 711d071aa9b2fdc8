// The page Users: the people who can sign in here. Devices are clients, on a page of their own.
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useFilters } from "../frame/link";
import { useMe } from "../frame/session";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { Heading } from "../ui/heading";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { Search } from "../ui/search";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { CreateUser } from "./create-user";
import { OneUser } from "./one-user";

type User = Schemas["User"];

const pageSize = 100;

export function Page() {
  const me = useMe();
  const [{ q = "", user }, setFilters] = useFilters();
  const [creating, setCreating] = useState(false);
  const list = usePages<User>({
    key: ["auth", "users", q],
    load: async (from, signal) => {
      const offset = Number(from ?? 0);
      const page = await take(api.GET("/auth/users", { params: { query: { q, limit: pageSize, offset } }, signal }));
      const seen = offset + page.users.length;
      return { rows: page.users, total: page.total, next: seen < page.total ? String(seen) : undefined };
    },
    refetchEvery: 30_000,
  });
  const columns: Column<User>[] = [
    {
      id: "username",
      title: "Username",
      width: "minmax(180px, 2fr)",
      cell: (u) => (
        <span className="row" style={{ flexWrap: "nowrap" }}>
          <Text>{u.username}</Text>
          {u.username === me?.username && <Badge>you</Badge>}
        </span>
      ),
    },
    { id: "role", title: "Role", width: "minmax(90px, 1fr)", cell: (u) => u.role },
    {
      id: "state",
      title: "State",
      width: "minmax(110px, 1fr)",
      cell: (u) => (u.disabled ? <Badge tone="warning">disabled</Badge> : <Badge tone="good">may sign in</Badge>),
    },
    { id: "seen", title: "Last sign-in", width: "minmax(120px, 1fr)", cell: (u) => <Ago at={u.last_sign_in} /> },
    { id: "sessions", title: "Browsers", width: "90px", end: true, cell: (u) => count(u.sessions) },
    { id: "created", title: "Created", width: "minmax(120px, 1fr)", cell: (u) => <Ago at={u.created} /> },
  ];
  const create = (keys: boolean) => (
    <Button look="primary" {...(keys && { "data-keys": "new" })} onClick={() => setCreating(true)}>
      Create user
    </Button>
  );
  return (
    <>
      <Heading title="Users" actions={create(true)}>
        People who can sign in to this page. {list.total != null && `${many(list.total, "user")}${q && " found"}.`}
      </Heading>
      <div className="stack">
        <Search value={q} onChange={(text) => setFilters({ q: text }, true)} label="Search users" />
        <Table
          name="users"
          label="Users"
          columns={columns}
          rowKey={(u) => u.username}
          {...list.table}
          quiet={(u) => u.disabled}
          onOpen={(u) => setFilters({ user: u.username })}
          empty={
            <Empty action={create(false)} example="bunkerm user add jo --role viewer">
              {q ? "No user has this in their name." : "Nobody can sign in yet."}
            </Empty>
          }
        />
      </div>
      {creating && <CreateUser onClose={() => setCreating(false)} />}
      {user && <OneUser key={user} username={user} onClose={() => setFilters({ user: undefined })} />}
    </>
  );
}
