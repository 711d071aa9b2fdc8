// The page Groups: clients that share roles, and the group of those who come without a name.
import { api, take } from "../api/client";
import { Link, useFilters, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { count } from "../ui/format";
import { Heading } from "../ui/heading";
import { usePages } from "../ui/pages";
import { Empty } from "../ui/say";
import { Search } from "../ui/search";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { AnonymousGroup } from "./anonymous-group";
import { CreateGroup } from "./create-group";
import type { Group } from "./objects";

const pageSize = 100;

const columns: Column<Group>[] = [
  {
    id: "groupname",
    title: "Group",
    width: "minmax(160px, 2fr)",
    cell: (g) => (
      <Link to="/groups/$id" params={{ id: g.groupname }} className="mono">
        <Text>{g.groupname}</Text>
      </Link>
    ),
  },
  { id: "textname", title: "Name", width: "minmax(120px, 2fr)", cell: (g) => <Text>{g.textname}</Text> },
  {
    id: "roles",
    title: "Roles",
    width: "minmax(160px, 3fr)",
    cell: (g) =>
      g.roles.map((r, i) => (
        <span key={r.rolename}>
          {i > 0 && ", "}
          <Link to="/roles/$id" params={{ id: r.rolename }}>
            <Text>{r.rolename}</Text>
          </Link>
        </span>
      )),
  },
  { id: "clients", title: "Clients", width: "100px", end: true, cell: (g) => count(g.clients.length) },
];

export function Page() {
  const [filters, setFilters] = useFilters();
  const { q = "" } = filters;
  const mayWrite = useMay("dynsec:write");
  const go = useGo();
  const list = usePages<Group>({
    key: ["dynsec", "groups", q],
    load: async (from, signal) => {
      const offset = Number(from ?? 0);
      const query = { limit: pageSize, offset, ...(q && { q }) };
      const { groups, total } = await take(api.GET("/dynsec/groups", { params: { query }, signal }));
      return { rows: groups, total, next: groups.length === pageSize ? String(offset + pageSize) : undefined };
    },
  });
  const create = () => setFilters({ new: "1" });
  return (
    <>
      <Heading
        title="Groups"
        actions={
          mayWrite && (
            <Button look="primary" data-keys="new" onClick={create}>
              Create group
            </Button>
          )
        }
      >
        A group gives its roles to all clients in it.
      </Heading>
      <div className="toolbar">
        <Search label="Search groups" value={q} onChange={(text) => setFilters({ q: text }, true)} />
      </div>
      <Table
        name="groups"
        label="Groups"
        columns={columns}
        {...list.table}
        rowKey={(g) => g.groupname}
        onOpen={(g) => go("/groups/$id", { params: { id: g.groupname } })}
        empty={
          q ? (
            <Empty>No group is called that.</Empty>
          ) : (
            <Empty
              action={
                mayWrite && (
                  <Button look="primary" onClick={create}>
                    Create group
                  </Button>
                )
              }
              example={`curl -H "X-API-Key: $KEY" -H "Content-Type: application/json" -d '{"groupname":"sensors"}' http://localhost:2000/api/dynsec/groups`}
            >
              There are no groups yet. They save giving the same roles to each client.
            </Empty>
          )
        }
      />
      <AnonymousGroup />
      {filters.new && mayWrite && <CreateGroup onClose={() => setFilters({ new: "" }, true)} />}
    </>
  );
}
