// What can be done with a client from its page.
import { useState } from "react";
import { api } from "../api/client";
import { ChangePassword, ConnectSnippets, DeleteClient, EditClient } from "../dynsec/client-form";
import { Impact } from "../dynsec/impact";
import { type Client, ifMatch, pathOf, useRefresh } from "../dynsec/objects";
import { useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { DisconnectClient } from "../monitor/sessions-disconnect";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { Menu } from "../ui/menu";
import { Text, visible } from "../ui/text";
import { toast, toastProblem } from "../ui/toast";

export type Act = "edit" | "password" | "enable" | "disable" | "disconnect" | "delete" | "connect";

interface ActionsProps {
  account: Client;
  etag: string | undefined;
  here: boolean;
  act: Act | undefined;
  onAct: (act: Act | undefined) => void;
}

// ClientButtons are the buttons at the head of the page.
export function ClientButtons({ account, here, onAct }: Pick<ActionsProps, "account" | "here" | "onAct">) {
  const mayWrite = useMay("dynsec:write");
  if (!mayWrite || account.own) return <Button onClick={() => onAct("connect")}>How to connect</Button>;
  return (
    <>
      <Button look="primary" data-keys="edit" onClick={() => onAct("edit")}>
        Edit
      </Button>
      <Button onClick={() => onAct("password")}>Change password</Button>
      <Button onClick={() => onAct(account.disabled ? "enable" : "disable")}>
        {account.disabled ? "Enable" : "Disable"}
      </Button>
      <Menu
        button={<Button icon="more" aria-label="More" />}
        items={[
          { label: "How to connect", onSelect: () => onAct("connect") },
          { label: "Disconnect", onSelect: () => onAct("disconnect"), disabled: !here },
          "line",
          { label: "Delete", onSelect: () => onAct("delete"), bad: true },
        ]}
      />
    </>
  );
}

// ClientDialogs are what the buttons open. Enabling asks nothing, because it cuts nobody off.
export function ClientDialogs({ account, etag, act, onAct }: Omit<ActionsProps, "here">) {
  const go = useGo();
  const close = () => onAct(undefined);
  const { username } = account;
  if (act === "edit") return <EditClient username={username} onClose={close} />;
  if (act === "password") return <ChangePassword username={username} onClose={close} />;
  if (act === "disconnect") return <DisconnectClient username={username} onClose={close} />;
  if (act === "delete") {
    return <DeleteClient username={username} onClose={close} onDeleted={() => go("/clients", { replace: true })} />;
  }
  if (act === "connect") {
    return (
      <Dialog wide title={<>Connect as {<Text>{username}</Text>}</>} onClose={close}>
        <ConnectSnippets username={username} />
      </Dialog>
    );
  }
  if (act === "disable") return <Disable username={username} etag={etag} onClose={close} />;
  return null;
}

interface DisableProps {
  username: string;
  etag: string | undefined;
  onClose: () => void;
}

function Disable({ username, etag, onClose }: DisableProps) {
  const turn = useTurn(username);
  return (
    <FormDialog
      title={<>Disable {<Text>{username}</Text>}?</>}
      about="Its sessions end, and it can log in no more until it is enabled again."
      verb="Disable"
      danger
      onSubmit={() => turn("disable", etag)}
      onClose={onClose}
    >
      <Impact planned={{ method: "POST", path: pathOf("clients", username, "disable") }} />
    </FormDialog>
  );
}

// useTurn returns a function that enables or disables a client, with a way back.
function useTurn(username: string) {
  const refresh = useRefresh();
  const write = async (to: "enable" | "disable", etag?: string) => {
    const params = { path: { id: username }, ...ifMatch(etag) };
    if (to === "enable") await api.POST("/dynsec/clients/{id}/enable", { params });
    else await api.POST("/dynsec/clients/{id}/disable", { params });
    await refresh();
  };
  return async (to: "enable" | "disable", etag: string | undefined) => {
    await write(to, etag);
    const said = to === "enable" ? "Enabled" : "Disabled";
    toast(`${said} ${visible(username)}.`, () => write(to === "enable" ? "disable" : "enable"));
  };
}

// useActs holds which dialog is open. Enabling is done at once.
export function useActs(username: string, etag: string | undefined): [Act | undefined, (act: Act | undefined) => void] {
  const [act, setAct] = useState<Act>();
  const turn = useTurn(username);
  const choose = (next: Act | undefined) => {
    if (next === "enable") void turn("enable", etag).catch(toastProblem);
    else setAct(next);
  };
  return [act, choose];
}
