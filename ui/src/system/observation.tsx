// Which messages are observed, and whose values stay hidden.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { asProblem } from "../api/problem";
import { useMay } from "../frame/session";
import { TextArea } from "../ui/field";
import { ProblemNotice, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { toast } from "../ui/toast";
import { fromLines, toLines } from "./lines";
import { SaveBar } from "./save-bar";
import { observationQuery } from "./state";

type Fields = Schemas["ObservationFields"];

export function Observation() {
  const client = useQueryClient();
  const change = useMay("settings:write");
  const settings = useQuery(observationQuery);
  const [draft, setDraft] = useState<{ observed?: string; redacted?: string }>({});
  const save = useMutation({
    mutationFn: (body: Fields) => take(api.PUT("/settings/monitor", { body })),
    onSuccess: (now) => client.setQueryData(observationQuery.queryKey, now),
  });
  if (settings.isPending) return <Waiting what="the settings" />;
  if (settings.isError && !settings.data) {
    return <ProblemNotice problem={settings.error} retry={() => void settings.refetch()} />;
  }
  const stored = settings.data;
  const text = (field: "observed" | "redacted") => draft[field] ?? toLines(stored[field]);
  const edit = (change: typeof draft) => {
    setDraft({ ...draft, ...change });
    save.reset();
  };
  // wrong names the filter that the server refuses: counted from 0 it would be of little use here.
  const wrong = (field: "observed" | "redacted") => {
    const filters = fromLines(text(field));
    const at = save.isError ? filters.findIndex((_, i) => asProblem(save.error).field(`${field}[${i}]`)) : -1;
    const filter = filters[at];
    return filter === undefined ? undefined : `${visible(filter)} ${asProblem(save.error).field(`${field}[${at}]`)}`;
  };
  const put = async () => {
    const before = { observed: stored.observed, redacted: stored.redacted };
    try {
      await save.mutateAsync({ observed: fromLines(text("observed")), redacted: fromLines(text("redacted")) });
    } catch {
      return; // it is shown below the fields
    }
    setDraft({});
    toast("What is observed was changed.", () => save.mutateAsync(before));
  };
  return (
    <section className="panel stack">
      <div>
        <h2>Observation</h2>
        <p className="quiet">
          The broker delivers each observed message once more, to BunkerM. Topics, values and rates come from that.
        </p>
      </div>
      {change ? (
        <>
          <TextArea
            label="Observed topic filters"
            mono
            rows={3}
            placeholder="#"
            help="One a line. # is all; empty observes the broker's own figures alone."
            value={text("observed")}
            wrong={wrong("observed")}
            onChange={(e) => edit({ observed: e.target.value })}
          />
          <TextArea
            label="Hidden values"
            mono
            rows={5}
            placeholder="home/doors/+/code"
            help="Topic filters, one a line. What these messages say is neither kept nor shown to anybody."
            value={text("redacted")}
            wrong={wrong("redacted")}
            onChange={(e) => edit({ redacted: e.target.value })}
          />
          <SaveBar
            changed={text("observed") !== toLines(stored.observed) || text("redacted") !== toLines(stored.redacted)}
            busy={save.isPending}
            problem={wrong("observed") || wrong("redacted") ? undefined : save.error}
            onSave={() => void put()}
            onReset={() => {
              setDraft({});
              save.reset();
            }}
          />
        </>
      ) : (
        <dl className="facts">
          <dt>Observed</dt>
          <dd>
            <Filters list={stored.observed} none="only the broker's own figures" />
          </dd>
          <dt>Hidden values</dt>
          <dd>
            <Filters list={stored.redacted} none="none" />
          </dd>
        </dl>
      )}
    </section>
  );
}

function Filters({ list, none }: { list: string[]; none: string }) {
  if (list.length === 0) return none;
  return list.map((filter) => (
    <div key={filter} className="mono">
      <Text>{filter}</Text>
    </div>
  ));
}
