// Closing a port that speaks in the clear, once nobody uses it any more, or in spite of those who do.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { many } from "../ui/format";
import { Notice } from "../ui/say";
import { toast } from "../ui/toast";
import { closingLines, inTheClear } from "./lines";
import { type Certificates, certsKey, change, type Listener, useSessions } from "./state";

export function Close({ listener, certs }: { listener: Listener; certs: Certificates }) {
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const sessions = useSessions();
  const through = sessions
    ? inTheClear(sessions.all, certs.listeners).clear.filter((s) => s.listener === listener.port)
    : [];
  const unsure = sessions ? inTheClear(sessions.all, certs.listeners).unsure : [];
  const left = through.length + unsure.length;
  return (
    <>
      <Button look={left > 0 ? "danger" : undefined} onClick={() => setAsking(true)}>
        Close
      </Button>
      {asking && (
        <FormDialog
          title={`Close the port ${listener.name}`}
          verb="Close the port"
          danger
          onClose={() => setAsking(false)}
          onSubmit={async () => {
            await change(closingLines(listener), `closed ${listener.name}, from the page Certificates`);
            await queries.invalidateQueries({ queryKey: certsKey });
            toast(`The port ${listener.name} is closed.`);
          }}
        >
          {!sessions?.known ? (
            <Notice tone="warning">Who uses this port is not known. Whoever does cannot come back through it.</Notice>
          ) : left > 0 ? (
            <Notice tone="bad">
              {many(left, "session")} may still use it, and cannot come back through it. Give them the other port and
              the authority first.
            </Notice>
          ) : (
            <Notice tone="good">Nobody uses it now. A device that is away at the moment may still want to.</Notice>
          )}
          <p>
            Its lines are removed from mosquitto.conf, and the broker is restarted once. The versions on the page
            Configuration bring it back.
          </p>
        </FormDialog>
      )}
    </>
  );
}
