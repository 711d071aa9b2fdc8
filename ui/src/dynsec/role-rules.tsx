// Changing the rules of a role: the rows, what they say in words, and whom saving them disconnects.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { statsQuery } from "../monitor/stats";
import { Button } from "../ui/button";
import { Notice, ProblemNotice } from "../ui/say";
import { visible } from "../ui/text";
import { toast } from "../ui/toast";
import { type ACL, filterProblem, inOrder, plain } from "./acl";
import { ACLEditor, hasProblem, toACLs, toRows } from "./acl-editor";
import { Impact } from "./impact";
import { ifMatch, pathOf, type Role, type Tagged, useRefresh } from "./objects";
import { RulesInWords } from "./rule-sentence";

// sameRules says whether two lists decide alike: the order of equal priorities counts, that of others does not.
function sameRules(a: ACL[], b: ACL[]): boolean {
  return JSON.stringify(inOrder(a).map(plain)) === JSON.stringify(inOrder(b).map(plain));
}

export function RoleRules({ read }: { read: Tagged<Role> }) {
  const [from, setFrom] = useState(read); // what the rows were made of
  const [rows, setRows] = useState(() => toRows(inOrder(read.value.acls)));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const version = useQuery(statsQuery).data?.broker.version ?? undefined;
  const refresh = useRefresh();
  const acls = toACLs(rows);
  const dirty = !sameRules(acls, from.value.acls);
  const begin = (next: Tagged<Role>) => {
    setFrom(next);
    setRows(toRows(inOrder(next.value.acls)));
    setProblem(undefined);
  };
  // Nothing was changed here, so what came meanwhile is simply shown.
  if (!dirty && read.etag !== from.etag) begin(read);
  const { rolename } = from.value;
  const path = { role: rolename };
  const body = { acls: acls.map(plain) };
  const save = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data, response } = await api.PUT("/dynsec/roles/{role}", {
        params: { path, ...ifMatch(from.etag) },
        body,
      });
      const etag = response.headers.get("ETag") ?? "";
      const before = from.value.acls.map(plain);
      if (data) begin({ value: data, etag });
      const undo = async () => {
        await api.PUT("/dynsec/roles/{role}", { params: { path, ...ifMatch(etag) }, body: { acls: before } });
        await refresh();
      };
      toast(`Changed the rules of ${visible(rolename)}.`, undo);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
      void refresh();
    }
  };
  const wrong = hasProblem(rows);
  return (
    <div className="rules-and-words">
      <section className="panel stack">
        <h2>Rules</h2>
        <p className="quiet small">
          The rule with the highest priority that fits decides. + stands for one level, # for all levels below.
        </p>
        <ACLEditor rows={rows} onChange={setRows} version={version} />
        {dirty && !wrong && <Impact planned={{ method: "PUT", path: pathOf("roles", rolename), body }} />}
        {read.etag !== from.etag && dirty && (
          <Notice tone="warning" action={<Button onClick={() => begin(read)}>Reload</Button>}>
            Somebody else changed this role meanwhile. Reloading shows what it is now and drops what you changed.
          </Notice>
        )}
        {problem && problem.status !== 412 && <ProblemNotice problem={problem} />}
        {dirty && (
          <div className="row">
            <Button look="primary" busy={busy} disabled={wrong} onClick={save}>
              Save rules
            </Button>
            <Button onClick={() => begin(read)}>Discard changes</Button>
          </div>
        )}
      </section>
      <section className="panel">
        <h2>In words</h2>
        <RulesInWords acls={acls.filter((a) => !filterProblem(a.topic))} />
      </section>
    </div>
  );
}
