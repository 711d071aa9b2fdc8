// The group whose roles those get who connect without a username.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { Impact } from "./impact";
import { useRefresh } from "./objects";
import { Finder } from "./picker";

export function AnonymousGroup() {
  const mayWrite = useMay("dynsec:write");
  const [choosing, setChoosing] = useState(false);
  const anonymous = useQuery({
    queryKey: ["dynsec", "anonymous-group"],
    queryFn: ({ signal }) => take(api.GET("/dynsec/anonymous-group", { signal })),
  });
  const name = anonymous.data?.groupname;
  return (
    <section className="panel stack">
      <h2>Clients without a username</h2>
      {anonymous.isError && <ProblemNotice problem={anonymous.error} retry={() => void anonymous.refetch()} />}
      {anonymous.isPending && <Waiting what="the group of anonymous clients" rows={1} />}
      {name !== undefined && (
        <p>
          {name ? (
            <>
              Who connects without a username gets the roles of the group{" "}
              <Link to="/groups/$id" params={{ id: name }} className="mono">
                <Text>{name}</Text>
              </Link>
              .
            </>
          ) : (
            "No group is chosen: who connects without a username can do only what the default access allows."
          )}{" "}
          <span className="quiet">
            The broker lets nobody in without a username unless its configuration says allow_anonymous true.
          </span>
        </p>
      )}
      {mayWrite && name !== undefined && (
        <div>
          <Button onClick={() => setChoosing(true)}>{name ? "Choose another group" : "Choose a group"}</Button>
        </div>
      )}
      {choosing && name !== undefined && <Choose before={name} onClose={() => setChoosing(false)} />}
    </section>
  );
}

function Choose({ before, onClose }: { before: string; onClose: () => void }) {
  const [groupname, setGroupname] = useState("");
  const refresh = useRefresh();
  const put = async (name: string) => {
    await api.PUT("/dynsec/anonymous-group", { body: { groupname: name } });
    await refresh();
  };
  const save = async () => {
    await put(groupname);
    toast(`Anonymous clients get the roles of ${visible(groupname)}.`, before ? () => put(before) : undefined);
  };
  return (
    <FormDialog
      title="Choose the group of anonymous clients"
      verb="Choose group"
      danger
      disabled={!groupname || groupname === before}
      onSubmit={save}
      onClose={onClose}
    >
      <Notice tone="warning">
        Everybody who can reach the broker gets what this group allows, without a password, if the broker lets anonymous
        clients in. Once chosen, there is always such a group: choose one without roles to give nothing.
      </Notice>
      <Finder kind="groups" label="Group" without={[before]} onPick={setGroupname} />
      {groupname && (
        <p>
          Chosen: <code>{<Text>{groupname}</Text>}</code>
        </p>
      )}
      <Impact planned={groupname ? { method: "PUT", path: "/dynsec/anonymous-group", body: { groupname } } : null} />
    </FormDialog>
  );
}
