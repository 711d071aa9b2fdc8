// The browsers that are signed in to an account.
import type { Schemas } from "../api/client";
import { Button } from "../ui/button";
import { Badge } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Ago, Until } from "../ui/time";
import { browserName } from "./words";

type Session = Schemas["SessionInfo"];

interface SignedInProps {
  sessions: Session[];
  onEnd: (session: Session) => void;
  busy?: string | undefined; // id of the one that is being ended
}

export function SignedIn({ sessions, onEnd, busy }: SignedInProps) {
  if (sessions.length === 0) return <p className="quiet">No browser is signed in.</p>;
  return (
    <ul className="things">
      {sessions.map((s) => {
        const browser = browserName(s.user_agent);
        return (
          <li key={s.id}>
            <div>
              <div className="row">
                <strong title={visible(s.user_agent)}>
                  <Text>{browser}</Text>
                </strong>
                {s.current && <Badge tone="good">this browser</Badge>}
              </div>
              <div className="quiet small">
                from <Text>{s.address || "an unknown address"}</Text>, signed in <Ago at={s.created} />, last seen{" "}
                <Ago at={s.last_seen} />, ends <Until at={s.expires} />
              </div>
            </div>
            {!s.current && (
              <Button
                busy={busy === s.id}
                aria-label={`End the session of ${visible(browser)} from ${visible(s.address)}`}
                onClick={() => onEnd(s)}
              >
                End
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
