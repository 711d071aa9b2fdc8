// The page Clients: everybody who may log in to the broker.
import { useState } from "react";
import { api, take } from "../api/client";
import { Link, useFilters, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { Heading } from "../ui/heading";
import { Menu } from "../ui/menu";
import { usePages } from "../ui/pages";
import { Badge, Empty } from "../ui/say";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { type Column, Table } from "../ui/table";
import { Text } from "../ui/text";
import { BulkBar } from "./bulk-bar";
import { CreateClient } from "./create-client";
import { ImportClients } from "./import-clients";
import { NameFilter } from "./name-filter";
import type { Client } from "./objects";

const pageSize = 200;
const freshEvery = 15_000; // ms; connections come and go

const columns: Column<Client>[] = [
  {
    id: "username",
    title: "Username",
    width: "minmax(160px, 2fr)",
    cell: (c) => (
      <Link to="/clients/$id" params={{ id: c.username }} className="mono">
        <Text>{c.username}</Text>
      </Link>
    ),
  },
  { id: "textname", title: "Name", width: "minmax(120px, 2fr)", cell: (c) => <Text>{c.textname}</Text> },
  {
    id: "roles",
    title: "Roles",
    width: "minmax(140px, 2fr)",
    cell: (c) => <Names kind="roles" names={c.roles.map((r) => r.rolename)} />,
  },
  {
    id: "groups",
    title: "Groups",
    width: "minmax(120px, 1.5fr)",
    cell: (c) => <Names kind="groups" names={c.groups.map((g) => g.groupname)} />,
  },
  {
    id: "connections",
    title: "Connections",
    width: "110px",
    end: true,
    cell: (c) =>
      c.connections === null ? <span title="The broker does not tell">unknown</span> : count(c.connections),
  },
  {
    id: "state",
    title: "State",
    width: "110px",
    cell: (c) => {
      if (c.own) return <Badge title="BunkerM's own account, which cannot be changed">own</Badge>;
      return c.disabled ? <Badge tone="warning">disabled</Badge> : <Badge tone="good">enabled</Badge>;
    },
  },
  {
    id: "clientid",
    title: "Client id",
    width: "minmax(120px, 1fr)",
    hidden: true,
    cell: (c) =>
      c.clientid ? (
        <span className="mono">
          <Text>{c.clientid}</Text>
        </span>
      ) : (
        <span className="quiet">any</span>
      ),
  },
];

function Names({ kind, names }: { kind: "roles" | "groups"; names: string[] }) {
  return names.map((name, i) => (
    <span key={name}>
      {i > 0 && ", "}
      <Link to={`/${kind}/$id`} params={{ id: name }}>
        <Text>{name}</Text>
      </Link>
    </span>
  ));
}

export function Page() {
  const [filters, setFilters] = useFilters();
  const { q = "", role = "", group = "", disabled = "" } = filters;
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [importing, setImporting] = useState(false);
  const mayWrite = useMay("dynsec:write");
  const go = useGo();
  const list = usePages<Client>({
    key: ["dynsec", "clients", { q, role, group, disabled }],
    refetchEvery: freshEvery,
    load: async (from, signal) => {
      const offset = Number(from ?? 0);
      const state = disabled === "true" || disabled === "false" ? disabled : "";
      const query = {
        limit: pageSize,
        offset,
        ...(q && { q }),
        ...(role && { role }),
        ...(group && { group }),
        ...(state && { disabled: state as "true" | "false" }),
      };
      const { clients, total } = await take(api.GET("/dynsec/clients", { params: { query }, signal }));
      return { rows: clients, total, next: clients.length === pageSize ? String(offset + pageSize) : undefined };
    },
  });
  const others = list.rows.filter((c) => !c.own);
  const chosen = others.filter((c) => selected.has(c.username));
  const filtered = Boolean(q || role || group || disabled);
  const create = () => setFilters({ new: "1" });
  const close = () => setFilters({ new: "", own: "" }, true);
  const none = !filtered && !list.table.waiting && !list.table.problem && others.length === 0;
  return (
    <>
      <Heading
        title="Clients"
        actions={
          mayWrite && (
            <>
              <Button look="primary" data-keys="new" onClick={create}>
                Create client
              </Button>
              <Menu
                button={<Button icon="more" aria-label="More" />}
                items={[{ label: "Import clients from a file", onSelect: () => setImporting(true) }]}
              />
            </>
          )
        }
      >
        Accounts with which devices and programs log in to the broker.
        {list.total != null && ` ${many(list.total, "client")}${filtered ? " found" : ""}.`}
      </Heading>
      <div className="toolbar">
        <Search label="Search clients" value={q} onChange={(text) => setFilters({ q: text }, true)} />
        <NameFilter kind="roles" label="role" value={role} onChange={(name) => setFilters({ role: name })} />
        <NameFilter kind="groups" label="group" value={group} onChange={(name) => setFilters({ group: name })} />
        <Segments
          label="State"
          value={disabled}
          options={[
            { value: "", label: "All" },
            { value: "false", label: "Enabled" },
            { value: "true", label: "Disabled" },
          ]}
          onChange={(state) => setFilters({ disabled: state })}
        />
      </div>
      {mayWrite && chosen.length > 0 && <BulkBar clients={chosen} onClear={() => setSelected(new Set())} />}
      {none && (
        <Empty
          action={
            mayWrite && (
              <Button look="primary" onClick={() => setFilters({ new: "1", own: "1" })}>
                Create client
              </Button>
            )
          }
          example="mosquitto_pub -h localhost -u lamp -P 'its password' -t test/hello -m hello"
        >
          There are no clients yet, so no device can log in.
        </Empty>
      )}
      <Table
        name="clients"
        label="Clients"
        columns={columns}
        {...list.table}
        rowKey={(c) => c.username}
        quiet={(c) => c.own}
        onOpen={(c) => go("/clients/$id", { params: { id: c.username } })}
        {...(mayWrite && { selected, onSelect: setSelected })}
        empty={<Empty>No client fits these filters.</Empty>}
      />
      {filters.new && mayWrite && <CreateClient onClose={close} />}
      {importing && <ImportClients onClose={() => setImporting(false)} />}
    </>
  );
}
