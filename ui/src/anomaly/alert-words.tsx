// What lists and pages say of one alert: how bad it is, how it stands, what it is about.
import { Link } from "../frame/link";
import { Badge } from "../ui/say";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import type { Alert } from "./alerts";
import { type Severity, statusWords, toneOf } from "./words";

export function SeverityBadge({ severity }: { severity: Severity }) {
  return <Badge tone={toneOf(severity)}>{severity}</Badge>;
}

export function StatusBadge({ status }: { status: Alert["status"] }) {
  const { words, tone } = statusWords(status);
  return <Badge {...(tone && { tone })}>{words}</Badge>;
}

// About leads to what an alert, or a part of one, is about.
export function About({ type, entity }: { type: Alert["type"]; entity: string }) {
  if (type === "broker") return <Link to="/">the broker</Link>;
  if (type === "client") {
    return (
      <Link className="mono" to="/clients/$id" params={{ id: entity }} search={{ by: "clientid" }}>
        <Text>{entity}</Text>
      </Link>
    );
  }
  return (
    <Link className="mono" to="/topics" search={{ topic: entity }}>
      <Text>{entity}</Text>
    </Link>
  );
}

// SeenBy says who has looked at it, and what they wrote.
export function SeenBy({ alert }: { alert: Alert }) {
  if (!alert.acknowledged_by) return null;
  return (
    <p className="small">
      Seen by <Text>{alert.acknowledged_by}</Text>, <Moment at={alert.acknowledged_at} />
      {alert.note && (
        <>
          : <Text>{alert.note}</Text>
        </>
      )}
    </p>
  );
}
