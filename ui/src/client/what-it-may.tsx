// What a client may do: its rules in words, and one question to the access check.
import { type FormEvent, useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { filterNotes } from "../dynsec/acl";
import type { Client } from "../dynsec/objects";
import { RuleSentence } from "../dynsec/rule-sentence";
import { Link } from "../frame/link";
import { useStats } from "../monitor/stats";
import { Button } from "../ui/button";
import { SelectField, TextField } from "../ui/field";
import { many } from "../ui/format";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { type Effective, elsewhere, type Source } from "./effective";
import { useRules } from "./rules";

const mostRules = 12; // of a role; its page has the others

export function WhatItMay({ account, clientid }: { account: Client | null; clientid: string | undefined }) {
  const { rules, access, group, waiting, problem } = useRules(account);
  return (
    <section className="panel stack">
      <h2>What it may do</h2>
      {problem != null && <ProblemNotice problem={problem} />}
      {waiting && <Waiting what="its rules" />}
      {account === null && group !== undefined && (
        <p className="quiet">
          {group === "" ? (
            "Clients without an account get no rules of their own."
          ) : (
            <>
              Clients without an account get the rules of the group{" "}
              <Link to="/groups/$id" params={{ id: group }}>
                <Text>{group}</Text>
              </Link>
              , where the broker lets them in.
            </>
          )}
        </p>
      )}
      {rules.map((r) => (
        <RulesOf key={`${r.source.groupname} ${r.source.rolename}`} rules={r} />
      ))}
      {access && <p>{elsewhere(access)}</p>}
      <Check username={account?.username} clientid={clientid} />
    </section>
  );
}

function RulesOf({ rules: { source, acls } }: { rules: Effective }) {
  const version = useStats().data?.broker.version ?? undefined;
  return (
    <div>
      <h3>
        <SourceName source={source} />
      </h3>
      {acls.length === 0 && <p className="quiet">It has no rules.</p>}
      <ul className="rules-of">
        {acls.slice(0, mostRules).map((acl) => (
          <li key={`${acl.acltype} ${acl.topic}`}>
            <RuleSentence acl={acl} />
            {filterNotes(acl, version).map((note) => (
              <div key={note} className="quiet small">
                {note}
              </div>
            ))}
          </li>
        ))}
      </ul>
      {acls.length > mostRules && (
        <p className="quiet small">And {many(acls.length - mostRules, "more rule", "more rules")}.</p>
      )}
    </div>
  );
}

function SourceName({ source }: { source: Source }) {
  return (
    <>
      By the role{" "}
      <Link to="/roles/$id" params={{ id: source.rolename }}>
        <Text>{source.rolename}</Text>
      </Link>
      {source.groupname !== undefined && (
        <>
          {" "}
          of the group{" "}
          <Link to="/groups/$id" params={{ id: source.groupname }}>
            <Text>{source.groupname}</Text>
          </Link>
        </>
      )}
    </>
  );
}

type Action = Schemas["Asked"]["action"];

const actions: Action[] = ["publish", "receive", "subscribe", "unsubscribe"];

function Check({ username, clientid }: { username: string | undefined; clientid: string | undefined }) {
  const [action, setAction] = useState<Action>("publish");
  const [topic, setTopic] = useState("");
  const [answer, setAnswer] = useState<{ asked: Schemas["Asked"]; decision: Schemas["Decision"] }>();
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const ask = async (e: FormEvent) => {
    e.preventDefault();
    const asked = {
      action,
      topic,
      ...(username !== undefined && { username }),
      ...(clientid !== undefined && { clientid }),
    };
    setBusy(true);
    setProblem(undefined);
    try {
      setAnswer({ asked, decision: await take(api.POST("/dynsec/check", { body: asked })) });
    } catch (thrown) {
      setAnswer(undefined);
      setProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={ask}>
      <h3>May it …</h3>
      <div className="may-form">
        <SelectField label="Action" value={action} onChange={(e) => setAction(e.target.value as Action)}>
          {actions.map((a) => (
            <option key={a} value={a}>
              {a}
            </option>
          ))}
        </SelectField>
        <TextField
          label={action === "publish" || action === "receive" ? "Topic" : "Topic filter"}
          mono
          value={topic}
          onChange={(e) => setTopic(e.target.value)}
        />
        <Button type="submit" busy={busy} disabled={topic === ""}>
          Check
        </Button>
      </div>
      {problem != null && <ProblemNotice problem={problem} />}
      {answer && <Answer asked={answer.asked} decision={answer.decision} />}
    </form>
  );
}

function Answer({ asked, decision: d }: { asked: Schemas["Asked"]; decision: Schemas["Decision"] }) {
  const by = d.decided_by;
  return (
    <Notice
      tone={d.allow ? "good" : "warning"}
      action={
        <Link className="button" to="/access" search={{ ...asked }}>
          Rule by rule
        </Link>
      }
    >
      <div className="row">
        <Badge tone={d.allow ? "good" : "bad"}>{d.allow ? "allowed" : "denied"}</Badge>
        <span>
          {by.acl ? <RuleSentence acl={by.acl} /> : (by.reason ?? "No rule fits: the default access decides.")}
          {by.rolename !== undefined && (
            <>
              {" ("}
              role <Text>{by.rolename}</Text>
              {by.groupname !== undefined && (
                <>
                  {" of the group "}
                  <Text>{by.groupname}</Text>
                </>
              )}
              )
            </>
          )}
        </span>
      </div>
      {d.notes.map((note) => (
        <div key={note} className="small">
          <Text>{note}</Text>
        </div>
      ))}
    </Notice>
  );
}
