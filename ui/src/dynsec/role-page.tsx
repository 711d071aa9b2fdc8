// The page of one role: its rules, and who carries it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { Link, useGo, useParam } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { many } from "../ui/format";
import { Heading } from "../ui/heading";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { plain } from "./acl";
import { EditTexts } from "./edit-texts";
import { Impact } from "./impact";
import { ifMatch, pathOf, type Role, roleQuery, type Tagged, useRefresh } from "./objects";
import { RoleRules } from "./role-rules";
import { RulesInWords } from "./rule-sentence";

export function Page() {
  const rolename = useParam("id");
  const role = useQuery(roleQuery(rolename));
  if (role.data) return <Shown key={rolename} read={role.data} />;
  return (
    <>
      <Heading title={<Text>{rolename}</Text>} name={rolename} />
      {role.isError ? (
        <ProblemNotice problem={role.error} retry={() => void role.refetch()} />
      ) : (
        <Waiting what="the role" />
      )}
    </>
  );
}

function Shown({ read }: { read: Tagged<Role> }) {
  const role = read.value;
  const [open, setOpen] = useState<"texts" | "delete">();
  const mayWrite = useMay("dynsec:write") && !role.own;
  const close = () => setOpen(undefined);
  return (
    <>
      <Heading
        title={<Text>{role.rolename}</Text>}
        name={role.rolename}
        actions={
          mayWrite && (
            <>
              <Button data-keys="edit" onClick={() => setOpen("texts")}>
                Edit name
              </Button>
              <Button look="danger" onClick={() => setOpen("delete")}>
                Delete role
              </Button>
            </>
          )
        }
      >
        {role.textname && <Text>{role.textname}</Text>} {role.own && <Badge>own</Badge>}
        {role.textdescription && (
          <div>
            <Text>{role.textdescription}</Text>
          </div>
        )}
        <div>
          Carried by{" "}
          <Link to="/clients" search={{ role: role.rolename }}>
            {many(role.clients, "client")}
          </Link>{" "}
          and {many(role.groups, "group")}.
        </div>
      </Heading>
      {role.own && <Notice>BunkerM itself works with this role. It is shown here and cannot be changed.</Notice>}
      {mayWrite ? (
        <RoleRules read={read} />
      ) : (
        <section className="panel">
          <h2>Rules</h2>
          <RulesInWords acls={role.acls} />
        </section>
      )}
      {open === "texts" && (
        <EditTexts
          name={role.rolename}
          before={role}
          planned={(body) => ({ method: "PUT", path: pathOf("roles", role.rolename), body })}
          save={(body) =>
            api.PUT("/dynsec/roles/{role}", { params: { path: { role: role.rolename }, ...ifMatch(read.etag) }, body })
          }
          onClose={close}
        />
      )}
      {open === "delete" && <DeleteRole read={read} onClose={close} />}
    </>
  );
}

function DeleteRole({ read, onClose }: { read: Tagged<Role>; onClose: () => void }) {
  const role = read.value;
  const refresh = useRefresh();
  const go = useGo();
  const remove = async () => {
    const params = { path: { role: role.rolename }, ...ifMatch(read.etag) };
    await api.DELETE("/dynsec/roles/{role}", { params });
    const { rolename, textname, textdescription } = role;
    // Undoing brings the role back; who carried it is not known any more, so only an unused one can be undone.
    const undo = async () => {
      const acls = role.acls.map(plain);
      await api.POST("/dynsec/roles", { body: { rolename, textname, textdescription, acls } });
      await refresh();
    };
    toast(`Deleted the role ${visible(rolename)}.`, role.clients + role.groups === 0 ? undo : undefined);
    go("/roles");
    await refresh();
  };
  return (
    <FormDialog
      title={<>Delete the role {<Text>{role.rolename}</Text>}?</>}
      about={`It is taken away from ${many(role.clients, "client")} and ${many(role.groups, "group")}, which lose what it allows.`}
      verb="Delete role"
      danger
      closeAfter={false}
      onSubmit={remove}
      onClose={onClose}
    >
      <Impact planned={{ method: "DELETE", path: pathOf("roles", role.rolename) }} />
    </FormDialog>
  );
}
