// Making the broker forget the message that it keeps for a topic.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import type { Topic } from "./topic-list";

export function ClearRetained({ topic: t }: { topic: Topic }) {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["topic", t.topic] });
  const known = t.payload_state === "whole" && t.payload !== null;
  const clear = async () => {
    await api.DELETE("/monitor/topics/retained", { params: { query: { topic: t.topic } } });
    toast(`The retained message of ${visible(t.topic)} is gone.`, known ? () => putBack(t).then(again) : undefined);
    void again();
  };
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        Clear retained…
      </Button>
      {open && (
        <FormDialog
          title="Clear the retained message?"
          about={
            <>
              Whoever subscribes to{" "}
              <span className="mono">
                <Text>{t.topic}</Text>
              </span>{" "}
              later gets nothing until somebody publishes again. Those who are subscribed now receive an empty message.
              {known ? "" : " This cannot be undone, because not all of the message is known here."}
            </>
          }
          verb="Clear"
          danger
          onClose={() => setOpen(false)}
          onSubmit={clear}
        />
      )}
    </>
  );
}

// putBack publishes again what was kept.
function putBack({ topic, payload, encoding }: Topic) {
  return api.POST("/monitor/publish", {
    body: { topic, payload: payload ?? "", encoding: encoding === "base64" ? "base64" : "utf8", retain: true, qos: 1 },
  });
}
