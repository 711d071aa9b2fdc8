// The answer to a question about access: a sentence, the rules one by one, and what would turn it around.
import { useState } from "react";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Badge, Notice, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { type Decision, type Question, type Rule, turnable, verbOf } from "./check";
import { RuleSentence } from "./rule-sentence";
import { TurnAround } from "./turn-around";

export function Verdict({ question: q, decision }: { question: Question; decision: Decision }) {
  const [turning, setTurning] = useState(false);
  const [expected, setExpected] = useState<boolean>(); // what the answer should be since a rule was added
  const mayWrite = useMay("dynsec:write");
  const offer = mayWrite && turnable(decision) && q.username !== "";
  return (
    <section className="panel stack" aria-live="polite">
      <h2>{decision.allow ? "Yes" : "No"}</h2>
      <Notice tone={decision.allow ? "good" : "bad"}>
        <div>
          {q.username ? (
            <Link to="/clients/$id" params={{ id: q.username }} className="mono">
              <Text>{q.username}</Text>
            </Link>
          ) : (
            "An anonymous client"
          )}{" "}
          <strong>{decision.allow ? "may" : "may not"}</strong> {verbOf(q.action)} <code>{<Text>{q.topic}</Text>}</code>
          , because <Because rule={decision.decided_by} allow={decision.allow} />.
        </div>
      </Notice>
      {expected !== undefined && (
        <Notice tone={expected === decision.allow ? "good" : "warning"}>
          {expected === decision.allow
            ? `The rule was added and the question asked again: it is ${expected ? "allowed" : "denied"} now.`
            : "The rule was added, but another one still decides. The list below shows which."}
        </Notice>
      )}
      {decision.notes.map((note) => (
        <Notice key={note}>{sentence(note)}</Notice>
      ))}
      {(offer || decision.decided_by.source === "login") && (
        <div className="row">
          {offer && (
            <Button look={decision.allow ? "danger" : "primary"} onClick={() => setTurning(true)}>
              {decision.allow ? "Deny this" : "Allow this"}
            </Button>
          )}
          {decision.decided_by.source === "login" && q.username && (
            <Link to="/clients" search={{ q: q.username }} className="button">
              Look for this client
            </Link>
          )}
        </div>
      )}
      <div>
        <h3>Rules, in the order in which the broker tries them</h3>
        <ol className="considered">
          {decision.considered.map((rule, i) => (
            <Considered key={i} rule={rule} allow={decision.allow} />
          ))}
        </ol>
        {decision.truncated && <p className="quiet">Only the first 1000 rules are shown.</p>}
      </div>
      {turning && (
        <TurnAround
          question={q}
          decision={decision}
          onTurned={() => setExpected(!decision.allow)}
          onClose={() => setTurning(false)}
        />
      )}
    </section>
  );
}

function RoleLink({ name }: { name: string }) {
  return (
    <Link to="/roles/$id" params={{ id: name }}>
      <Text>{name}</Text>
    </Link>
  );
}

// Because says in half a sentence why the answer is what it is.
function Because({ rule, allow }: { rule: Rule; allow: boolean }) {
  if (rule.source === "default") {
    if (rule.reason) return <>no rule fits, and {rule.reason}</>;
    return <>no rule fits, and the default access {allow ? "allows" : "denies"} it</>;
  }
  if (!rule.rolename) return <>{rule.reason ?? "the broker decides so"}</>;
  return (
    <>
      the role <RoleLink name={rule.rolename} />
      {rule.groupname !== undefined && (
        <>
          {" "}
          of the group{" "}
          <Link to="/groups/$id" params={{ id: rule.groupname }}>
            <Text>{rule.groupname}</Text>
          </Link>
        </>
      )}{" "}
      says so{rule.reason && `: ${rule.reason}`}
      {rule.acl && (
        <>
          : <RuleSentence acl={rule.acl} />
        </>
      )}
    </>
  );
}

function Considered({ rule, allow }: { rule: Rule; allow: boolean }) {
  return (
    <li className={rule.matches ? "" : "quiet"}>
      {rule.rolename !== undefined && (
        <>
          {rule.groupname !== undefined && (
            <>
              group <Text>{rule.groupname}</Text>,{" "}
            </>
          )}
          role <RoleLink name={rule.rolename} />:{" "}
        </>
      )}
      {rule.acl && <RuleSentence acl={rule.acl} />}
      {rule.acl && rule.acl.priority !== 0 && ` (priority ${rule.acl.priority})`}
      {rule.source === "default" && "default access"}
      {rule.reason && <span> – {rule.reason}</span>}{" "}
      {rule.matches ? (
        <Badge tone={allow ? "good" : "bad"}>decides: {allow ? "allowed" : "denied"}</Badge>
      ) : (
        <span className="small">does not fit</span>
      )}
    </li>
  );
}
