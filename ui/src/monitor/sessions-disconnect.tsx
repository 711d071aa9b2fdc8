// Disconnecting a client: the broker ends every session of a username, and no single one.
import { api } from "../api/client";
import { Impact } from "../dynsec/impact";
import { pathOf } from "../dynsec/objects";
import { FormDialog } from "../ui/dialog";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";

export function DisconnectClient({ username, onClose }: { username: string; onClose: () => void }) {
  const disconnect = async () => {
    await api.POST("/dynsec/clients/{id}/disconnect", { params: { path: { id: username } } });
    toast(`Disconnected ${visible(username)}.`);
  };
  return (
    <FormDialog
      title={<>Disconnect {<Text>{username}</Text>}?</>}
      about="This ends all of its sessions and changes nothing else. To keep it out, disable it."
      verb="Disconnect"
      danger
      onSubmit={disconnect}
      onClose={onClose}
    >
      <Impact planned={{ method: "POST", path: pathOf("clients", username, "disconnect") }} />
    </FormDialog>
  );
}
