// Restart and reload: whom it disconnects is said before, how it went after.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useStats } from "../monitor/stats";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { count } from "../ui/format";
import { Notice, ProblemNotice } from "../ui/say";
import { Text } from "../ui/text";
import { useSteps } from "./state";
import { Steps } from "./steps";
import { restartWords } from "./words";

export type Order = "restart" | "reload";

type Restarted = Schemas["Restarted"];

export function ProcessButtons() {
  const [order, setOrder] = useState<Order>();
  return (
    <>
      <Button onClick={() => setOrder("reload")}>Reload</Button>
      <Button onClick={() => setOrder("restart")}>Restart</Button>
      {order && <OrderDialog order={order} onClose={() => setOrder(undefined)} />}
    </>
  );
}

export function OrderDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const queries = useQueryClient();
  const clients = useStats().data?.clients.connected;
  const { steps, begin } = useSteps();
  const began = useRef(0);
  const act = useMutation({
    mutationFn: () => {
      began.current = Date.now();
      const params = { query: { watch: begin() } };
      return take<Restarted>(
        order === "restart" ? api.POST("/config/restart", { params }) : api.POST("/config/reload", { params }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["config"] }),
  });
  const about =
    order === "restart"
      ? `${restartWords(clients)} It comes back with the files as they are now.`
      : "The broker reads its files again. Nobody is disconnected; settings that need a restart stay as they are.";
  return (
    <Dialog
      title={order === "restart" ? "Restart the broker" : "Have the broker read its files again"}
      about={act.isSuccess ? undefined : about}
      onClose={() => !act.isPending && onClose()}
    >
      <div className="stack">
        {act.isError && <ProblemNotice problem={act.error} />}
        {act.isSuccess && <Done order={order} done={act.data} />}
        <Steps steps={steps} busy={act.isPending} from={began.current} />
        <div className="foot">
          <Button disabled={act.isPending} onClick={onClose}>
            {act.isIdle ? "Cancel" : "Close"}
          </Button>
          {!act.isSuccess && (
            <Button look={order === "restart" ? "danger" : "primary"} busy={act.isPending} onClick={() => act.mutate()}>
              {order === "restart" ? "Restart broker" : "Reload"}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Done({ order, done }: { order: Order; done: Restarted }) {
  const { sessions_before: before, sessions_after: after } = done;
  const known = before != null && after != null;
  return (
    <>
      <Notice tone={known && after < before ? "warning" : "good"}>
        <strong>
          {order === "restart" ? "The broker answered again" : "The broker has read its files"} after{" "}
          {count(done.took_ms)} ms.
        </strong>
        {known && before > 0 && (
          <div>
            {count(after)} of {count(before)} sessions {order === "restart" ? "are back" : "are there"}.
            {after < before && " Devices that wait longer before they try again come later."}
          </div>
        )}
      </Notice>
      {done.need_restart.length > 0 && (
        <Notice tone="warning">
          <strong>Some settings wait for a restart.</strong>
          <ul className="reasons-list small">
            {done.need_restart.map((r, i) => (
              <li key={i}>
                <code>
                  <Text>{r.key}</Text>
                </code>{" "}
                <Text>{r.why}</Text>
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
