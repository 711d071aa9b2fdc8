// The page of one group: who is in it, and what it gives them.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { useGo, useParam } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { many } from "../ui/format";
import { Heading } from "../ui/heading";
import { ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { EditTexts } from "./edit-texts";
import { GroupMembers } from "./group-members";
import { GroupRoles } from "./group-roles";
import { Impact } from "./impact";
import { type Group, groupQuery, ifMatch, pathOf, type Tagged, useRefresh } from "./objects";

export function Page() {
  const groupname = useParam("id");
  const group = useQuery(groupQuery(groupname));
  if (group.data) return <Shown key={groupname} read={group.data} />;
  return (
    <>
      <Heading title={<Text>{groupname}</Text>} name={groupname} />
      {group.isError ? (
        <ProblemNotice problem={group.error} retry={() => void group.refetch()} />
      ) : (
        <Waiting what="the group" />
      )}
    </>
  );
}

function Shown({ read }: { read: Tagged<Group> }) {
  const group = read.value;
  const [open, setOpen] = useState<"texts" | "delete">();
  const mayWrite = useMay("dynsec:write");
  const path = { group: group.groupname };
  const close = () => setOpen(undefined);
  return (
    <>
      <Heading
        title={<Text>{group.groupname}</Text>}
        name={group.groupname}
        actions={
          mayWrite && (
            <>
              <Button data-keys="edit" onClick={() => setOpen("texts")}>
                Edit name
              </Button>
              <Button look="danger" onClick={() => setOpen("delete")}>
                Delete group
              </Button>
            </>
          )
        }
      >
        {group.textname && <Text>{group.textname}</Text>}
        {group.textdescription && (
          <div>
            <Text>{group.textdescription}</Text>
          </div>
        )}
        <div>
          Gives {many(group.roles.length, "role")} to {many(group.clients.length, "client")}.
        </div>
      </Heading>
      <GroupRoles read={read} />
      <GroupMembers read={read} />
      {open === "texts" && (
        <EditTexts
          name={group.groupname}
          before={group}
          planned={(body) => ({ method: "PUT", path: pathOf("groups", group.groupname), body })}
          save={(body) => api.PUT("/dynsec/groups/{group}", { params: { path, ...ifMatch(read.etag) }, body })}
          onClose={close}
        />
      )}
      {open === "delete" && <DeleteGroup read={read} onClose={close} />}
    </>
  );
}

function DeleteGroup({ read, onClose }: { read: Tagged<Group>; onClose: () => void }) {
  const { groupname, textname, textdescription, roles, clients } = read.value;
  const refresh = useRefresh();
  const go = useGo();
  const remove = async () => {
    await api.DELETE("/dynsec/groups/{group}", { params: { path: { group: groupname }, ...ifMatch(read.etag) } });
    const undo = async () => {
      await api.POST("/dynsec/groups", { body: { groupname, textname, textdescription, roles } });
      if (clients.length > 0) {
        await api.PUT("/dynsec/groups/{group}", { params: { path: { group: groupname } }, body: { clients } });
      }
      await refresh();
    };
    toast(`Deleted the group ${visible(groupname)}.`, undo);
    go("/groups");
    await refresh();
  };
  return (
    <FormDialog
      title={<>Delete the group {<Text>{groupname}</Text>}?</>}
      about={`Its ${many(clients.length, "client")} stay and lose what the group gave them.`}
      verb="Delete group"
      danger
      closeAfter={false}
      onSubmit={remove}
      onClose={onClose}
    >
      <Impact planned={{ method: "DELETE", path: pathOf("groups", groupname) }} />
    </FormDialog>
  );
}
