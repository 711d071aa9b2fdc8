// The page Access check: may this client do that, why, and how to change it.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useState } from "react";
import { api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { SelectField, TextField } from "../ui/field";
import { Heading } from "../ui/heading";
import { ProblemNotice, Waiting } from "../ui/say";
import { checkQuery } from "./ask";
import { actionOf, actions, type Question, questionProblem } from "./check";
import { DefaultAccess } from "./default-access";
import { Verdict } from "./verdict";

export function Page() {
  const [filters] = useFilters();
  const asked: Question = {
    username: filters.username ?? "",
    clientid: filters.clientid ?? "",
    action: actionOf(filters.action),
    topic: filters.topic ?? "",
  };
  const ready = asked.topic !== "" && !questionProblem(asked);
  const answer = useQuery({ ...checkQuery(asked), enabled: ready });
  return (
    <>
      <Heading title="Access check">May this client do that? Says yes or no, and which rule decides.</Heading>
      <AskForm key={`ask ${JSON.stringify(asked)}`} asked={asked} onAgain={() => void answer.refetch()} />
      {ready && answer.isPending && <Waiting what="the answer" />}
      {ready && answer.isError && <ProblemNotice problem={answer.error} retry={() => void answer.refetch()} />}
      {ready && answer.data && (
        <Verdict key={`answer ${JSON.stringify(asked)}`} question={asked} decision={answer.data} />
      )}
      <DefaultAccess />
    </>
  );
}

// AskForm puts the question into the address, from where it is asked.
function AskForm({ asked, onAgain }: { asked: Question; onAgain: () => void }) {
  const [draft, setDraft] = useState(asked);
  const [tried, setTried] = useState(false);
  const [, setFilters] = useFilters();
  const change = (part: Partial<Question>) => setDraft({ ...draft, ...part });
  const wrong = draft.topic || tried ? questionProblem(draft) : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (questionProblem(draft)) return;
    if (JSON.stringify(draft) === JSON.stringify(asked)) onAgain();
    else setFilters({ ...draft });
  };
  const filter = draft.action === "subscribe" || draft.action === "unsubscribe";
  return (
    <form className="panel ask" onSubmit={submit}>
      <UsernameField value={draft.username} onChange={(username) => change({ username })} />
      <SelectField label="Wants to" value={draft.action} onChange={(e) => change({ action: actionOf(e.target.value) })}>
        {actions.map((a) => (
          <option key={a.value} value={a.value}>
            {a.label}
          </option>
        ))}
      </SelectField>
      <TextField
        label={filter ? "Topic filter" : "Topic"}
        mono
        value={draft.topic}
        wrong={wrong}
        onChange={(e) => change({ topic: e.target.value })}
      />
      <TextField
        label="Client id"
        mono
        placeholder="any"
        value={draft.clientid}
        onChange={(e) => change({ clientid: e.target.value })}
      />
      <Button type="submit" look="primary">
        Check
      </Button>
    </form>
  );
}

// UsernameField offers names while one types; any name can be asked about, and none stands for anonymous clients.
function UsernameField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const list = useId();
  const [q, setQ] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQ(value), 150);
    return () => clearTimeout(timer);
  }, [value]);
  const found = useQuery({
    queryKey: ["dynsec", "find", "clients", q],
    queryFn: async ({ signal }) => {
      const params = { query: { q, limit: 30 } };
      const { clients, total } = await take(api.GET("/dynsec/clients", { params, signal }));
      return { names: clients.filter((c) => !c.own).map((c) => c.username), total };
    },
  });
  return (
    <>
      <TextField
        label="Username"
        mono
        list={list}
        placeholder="none: an anonymous client"
        value={value}
        onChange={(e) => onChange(e.target.value)}
      />
      <datalist id={list}>
        {found.data?.names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
