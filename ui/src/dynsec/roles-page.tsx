// The page Roles: sets of topic rules.
import { api, take } from "../api/client";
import { Link, useFilters, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { Heading } from "../ui/heading";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { Search } from "../ui/search";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { CreateRole } from "./create-role";
import type { Role } from "./objects";
import { RuleSentence } from "./rule-sentence";

const pageSize = 200;

const columns: Column<Role>[] = [
  {
    id: "rolename",
    title: "Role",
    width: "minmax(160px, 2fr)",
    cell: (r) => (
      <>
        <Link to="/roles/$id" params={{ id: r.rolename }} className="mono">
          <Text>{r.rolename}</Text>
        </Link>{" "}
        {r.own && <Badge title="BunkerM itself works with it; it cannot be changed">own</Badge>}
      </>
    ),
  },
  { id: "textname", title: "Name", width: "minmax(120px, 1.5fr)", cell: (r) => <Text>{r.textname}</Text> },
  {
    id: "first",
    title: "First rule",
    width: "minmax(220px, 3fr)",
    cell: (r) => (r.acls[0] ? <RuleSentence acl={r.acls[0]} /> : <span className="quiet">none</span>),
  },
  { id: "rules", title: "Rules", width: "80px", end: true, cell: (r) => count(r.acls.length) },
  {
    id: "clients",
    title: "Clients",
    width: "90px",
    end: true,
    cell: (r) => (
      <Link to="/clients" search={{ role: r.rolename }} aria-label={`${many(r.clients, "client")} with this role`}>
        {count(r.clients)}
      </Link>
    ),
  },
  { id: "groups", title: "Groups", width: "90px", end: true, cell: (r) => count(r.groups) },
];

export function Page() {
  const [filters, setFilters] = useFilters();
  const { q = "" } = filters;
  const mayWrite = useMay("dynsec:write");
  const go = useGo();
  const list = usePages<Role>({
    key: ["dynsec", "roles", q],
    load: async (from, signal) => {
      const offset = Number(from ?? 0);
      const query = { limit: pageSize, offset, ...(q && { q }) };
      const { roles, total } = await take(api.GET("/dynsec/roles", { params: { query }, signal }));
      return { rows: roles, total, next: roles.length === pageSize ? String(offset + pageSize) : undefined };
    },
  });
  const create = () => setFilters({ new: "1" });
  const none = !q && !list.table.waiting && !list.table.problem && list.rows.every((r) => r.own);
  return (
    <>
      <Heading
        title="Roles"
        actions={
          mayWrite && (
            <Button look="primary" data-keys="new" onClick={create}>
              Create role
            </Button>
          )
        }
      >
        A role is a set of topic rules that clients and groups can carry.
      </Heading>
      <div className="toolbar">
        <Search label="Search roles" value={q} onChange={(text) => setFilters({ q: text }, true)} />
      </div>
      {none && (
        <Empty
          action={
            mayWrite && (
              <Button look="primary" onClick={create}>
                Create role
              </Button>
            )
          }
          example="mosquitto_sub -h localhost -u dashboard -P 'its password' -v -t '#'"
        >
          There are no roles yet, so clients can do only what the default access allows everybody.
        </Empty>
      )}
      <Table
        name="roles"
        label="Roles"
        columns={columns}
        {...list.table}
        rowKey={(r) => r.rolename}
        quiet={(r) => r.own}
        onOpen={(r) => go("/roles/$id", { params: { id: r.rolename } })}
        empty={<Empty>No role is called that.</Empty>}
      />
      {filters.new && mayWrite && <CreateRole onClose={() => setFilters({ new: "" }, true)} />}
    </>
  );
}
