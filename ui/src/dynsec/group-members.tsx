// The clients in a group: searched, added, taken out.
import { useState } from "react";
import { api } from "../api/client";
import { Link, useFilters, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { count, many } from "../ui/format";
import { Empty } from "../ui/say";
import { Search } from "../ui/search";
import { type Column, Table } from "../ui/table";
import { Text, visible } from "../ui/text";
import { toast, toastProblem } from "../ui/toast";
import { Impact } from "./impact";
import { useManyWrites } from "./many-writes";
import { type Group, pathOf, type Tagged, useRefresh } from "./objects";
import { Finder } from "./picker";

type Member = Group["clients"][number];

const columns: Column<Member>[] = [
  {
    id: "username",
    title: "Username",
    width: "minmax(180px, 3fr)",
    cell: (m) => (
      <Link to="/clients/$id" params={{ id: m.username }} className="mono">
        <Text>{m.username}</Text>
      </Link>
    ),
  },
  { id: "priority", title: "Priority of this group", width: "160px", end: true, cell: (m) => m.priority },
];

export function GroupMembers({ read }: { read: Tagged<Group> }) {
  const { groupname, clients } = read.value;
  const [{ q = "" }, setFilters] = useFilters();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [open, setOpen] = useState<"add" | "remove">();
  const mayWrite = useMay("dynsec:write");
  const go = useGo();
  const wanted = q.toLowerCase();
  const rows = wanted ? clients.filter((m) => m.username.toLowerCase().includes(wanted)) : clients;
  const chosen = clients.filter((m) => selected.has(m.username));
  const close = () => setOpen(undefined);
  return (
    <section className="stack">
      <div className="row apart">
        <h2>Clients in this group</h2>
        {mayWrite && (
          <div className="row">
            {chosen.length > 0 && (
              <Button look="danger" onClick={() => setOpen("remove")}>
                Take out {many(chosen.length, "client")}
              </Button>
            )}
            <Button look="primary" data-keys="new" onClick={() => setOpen("add")}>
              Add clients
            </Button>
          </div>
        )}
      </div>
      {clients.length > 10 && (
        <Search label="Search clients of this group" value={q} onChange={(text) => setFilters({ q: text }, true)} />
      )}
      <Table
        name="group-members"
        label="Clients in this group"
        columns={columns}
        rows={rows}
        rowKey={(m) => m.username}
        total={rows.length}
        onOpen={(m) => go("/clients/$id", { params: { id: m.username } })}
        {...(mayWrite && { selected, onSelect: setSelected })}
        empty={<Empty>{q ? "No client in it is called that." : "No client is in this group."}</Empty>}
      />
      {open === "add" && <AddMembers groupname={groupname} present={clients} onClose={close} />}
      {open === "remove" && (
        <TakeOut groupname={groupname} members={chosen} onClose={close} onDone={() => setSelected(new Set())} />
      )}
    </section>
  );
}

interface AddProps {
  groupname: string;
  present: Member[];
  onClose: () => void;
}

function AddMembers({ groupname, present, onClose }: AddProps) {
  const [added, setAdded] = useState<string[]>([]);
  const [next, setNext] = useState<string>();
  const refresh = useRefresh();
  const path = { group: groupname };
  const without = [...present.map((m) => m.username), ...added];
  const add = async (username: string) => {
    await api.POST("/dynsec/groups/{group}/clients", { params: { path }, body: { username } });
    setAdded([...added, username]);
    setNext(undefined);
    await refresh();
  };
  return (
    <Dialog title={<>Add clients to {<Text>{groupname}</Text>}</>} onClose={onClose}>
      <div className="stack">
        <Finder kind="clients" label="Client" without={without} onPick={setNext} />
        {next !== undefined && (
          <>
            <Impact
              planned={{ method: "POST", path: pathOf("groups", groupname, "clients"), body: { username: next } }}
            />
            <div>
              <Button look="primary" onClick={() => add(next).catch(toastProblem)}>
                Add {visible(next)}
              </Button>
            </div>
          </>
        )}
        {added.length > 0 && (
          <p role="status">
            Added{" "}
            {added.map((name, i) => (
              <span key={name}>
                {i > 0 && ", "}
                <span className="mono">{<Text>{name}</Text>}</span>
              </span>
            ))}
            .
          </p>
        )}
        <div className="foot">
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  );
}

interface TakeOutProps {
  groupname: string;
  members: Member[];
  onClose: () => void;
  onDone: () => void;
}

function TakeOut({ groupname, members, onClose, onDone }: TakeOutProps) {
  const names = members.map((m) => m.username);
  const { progress, run } = useManyWrites();
  const refresh = useRefresh();
  const path = (username: string) => ({ group: groupname, username });
  const submit = async () => {
    const result = await run(names, (username) =>
      api.DELETE("/dynsec/groups/{group}/clients/{username}", { params: { path: path(username) } }),
    );
    await refresh();
    onDone();
    const [first] = result.failed;
    if (first) throw new Error(`${many(result.failed.length, "client")} stayed in the group: ${first.reason}`);
    toast(`Took ${many(names.length, "client")} out of ${visible(groupname)}.`, async () => {
      for (const body of members) {
        await api.POST("/dynsec/groups/{group}/clients", { params: { path: { group: groupname } }, body });
      }
      await refresh();
    });
  };
  const [only] = names;
  return (
    <FormDialog
      title={`Take ${many(names.length, "client")} out of the group?`}
      about="The accounts stay; they lose what the group gives them, and their sessions end."
      verb="Take out"
      danger
      onSubmit={submit}
      onClose={onClose}
    >
      {names.length === 1 && only !== undefined && (
        <Impact planned={{ method: "DELETE", path: pathOf("groups", groupname, "clients", only) }} />
      )}
      {progress.state === "running" && (
        <p role="status">
          {count(progress.done.length)} of {count(progress.of)}
        </p>
      )}
    </FormDialog>
  );
}
