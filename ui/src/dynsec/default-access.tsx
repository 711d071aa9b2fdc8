// The default access: what is allowed where no rule fits. Each change holds at once and can be undone.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { useMay } from "../frame/session";
import { CheckField } from "../ui/field";
import { ProblemNotice, Waiting } from "../ui/say";
import { toast, toastProblem } from "../ui/toast";
import { useRefresh } from "./objects";

type Access = Schemas["DefaultAccess"];

const switches: { field: keyof Access; label: string; help: string }[] = [
  {
    field: "publishClientSend",
    label: "Publish",
    help: "On: every client may publish to every topic that no rule denies. Usually off.",
  },
  {
    field: "publishClientReceive",
    label: "Receive",
    help: "On: every client is delivered what it subscribed to. Usually on: subscribing is what is guarded.",
  },
  {
    field: "subscribe",
    label: "Subscribe",
    help: "On: every client may listen to every topic that no rule denies. Usually off.",
  },
  {
    field: "unsubscribe",
    label: "Unsubscribe",
    help: "On: every client may stop listening. Usually on.",
  },
];

const key = ["dynsec", "default-access"];

export function DefaultAccess() {
  const mayWrite = useMay("dynsec:write");
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const refresh = useRefresh();
  const access = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => take(api.GET("/dynsec/default-access", { signal })),
  });
  const put = async (field: keyof Access, value: boolean) => {
    queries.setQueryData(key, await take(api.PUT("/dynsec/default-access", { body: { [field]: value } })));
    void refresh();
  };
  const turn = async ({ field, label }: (typeof switches)[number], value: boolean) => {
    setBusy(true);
    try {
      await put(field, value);
      const text = `${label} is ${value ? "allowed" : "denied"} where no rule fits.`;
      toast(text, () => put(field, !value));
    } catch (thrown) {
      toastProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="panel stack">
      <h2>Default access</h2>
      <p className="quiet">
        What clients may do where no rule of their roles and groups fits. A change holds from the next publish or
        subscribe on; nobody is disconnected. It never reaches the broker's own controls below $CONTROL.
      </p>
      {access.isPending && <Waiting what="the default access" />}
      {access.isError && <ProblemNotice problem={access.error} retry={() => void access.refetch()} />}
      {access.data &&
        switches.map((s) => (
          <CheckField
            key={s.field}
            label={s.label}
            help={s.help}
            checked={access.data[s.field]}
            disabled={!mayWrite || busy}
            onChange={(e) => void turn(s, e.target.checked)}
          />
        ))}
    </section>
  );
}
