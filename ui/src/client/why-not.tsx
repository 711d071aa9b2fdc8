// What is the matter with a client, in sentences with a way out of each.
import type { ReactNode } from "react";
import { What } from "../clientlogs/event-parts";
import { Link, useGo } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Notice } from "../ui/say";
import { Ago } from "../ui/time";
import type { Act } from "./client-actions";
import type { Reason, Remedy } from "./why";

const verbs: Record<Remedy, string> = {
  create: "Create client",
  enable: "Enable",
  password: "Change password",
  connect: "How to connect",
  edit: "Give it a role",
};

export function WhyNot({ reasons, onAct }: { reasons: Reason[]; onAct: (act: Act) => void }) {
  if (reasons.length === 0) return null;
  return (
    <section className="reasons" aria-label="What is the matter">
      {reasons.map((r) => (
        <Notice key={`${r.text} ${r.about?.event ?? ""}`} tone={r.tone} action={<WayOut reason={r} onAct={onAct} />}>
          <div>
            {r.text}{" "}
            {r.about && (
              <>
                <What event={r.about} />, <Ago at={r.about.until ?? r.about.time} />.
              </>
            )}
          </div>
          {r.advice && <div>{r.advice}</div>}
        </Notice>
      ))}
    </section>
  );
}

function WayOut({ reason, onAct }: { reason: Reason; onAct: (act: Act) => void }): ReactNode {
  const mayWrite = useMay("dynsec:write");
  const go = useGo();
  if (reason.check) {
    return (
      <Link className="button" to="/access" search={reason.check}>
        Ask why
      </Link>
    );
  }
  const { remedy } = reason;
  if (remedy === undefined || !(mayWrite || remedy === "connect")) return null;
  const press = () => {
    if (remedy === "create") go("/clients", { search: { new: "1" } });
    else onAct(remedy);
  };
  return <Button onClick={press}>{verbs[remedy]}</Button>;
}
