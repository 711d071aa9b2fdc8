// The open alerts of the house, or of one thing, for other pages: the worst first. Where there is none it is nothing.
import { useQuery } from "@tanstack/react-query";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { count } from "../ui/format";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { SeverityBadge, StatusBadge } from "./alert-words";
import { type Alert, type Asked, alertsQuery } from "./alerts";
import { severities } from "./words";

const shown = 5;

// worst puts the worst first, and of the same the newest.
export function worst(alerts: Alert[]): Alert[] {
  const rank = (a: Alert) => severities.indexOf(a.severity);
  return [...alerts].sort((a, b) => rank(b) - rank(a) || Date.parse(b.opened_at) - Date.parse(a.opened_at));
}

export function OpenAlerts({ entity, title }: { entity?: string; title: string }) {
  const may = useMay("anomaly:read");
  const asked: Asked = {
    status: ["open", ...(entity === undefined ? [] : ["acknowledged" as const])],
    ...(entity !== undefined && { entity }),
  };
  const { data } = useQuery({ ...alertsQuery(asked, 100), enabled: may });
  if (!data || data.alerts.length === 0) return null;
  return (
    <section className="panel" aria-label={title}>
      <div className="row apart">
        <h2>{title}</h2>
        <Link to="/anomalies" search={{ entity, status: entity === undefined ? "open" : undefined }}>
          {data.total > shown ? `All ${count(data.total)}` : "Anomalies"}
        </Link>
      </div>
      <ul className="open-alerts">
        {worst(data.alerts)
          .slice(0, shown)
          .map((a) => (
            <li key={a.id}>
              <span className="row">
                <SeverityBadge severity={a.severity} />
                {a.status !== "open" && <StatusBadge status={a.status} />}
              </span>
              <Link to="/anomalies/alerts/$id" params={{ id: String(a.id) }}>
                <Text>{a.title}</Text>
              </Link>
              <span className="quiet small">
                <Ago at={a.opened_at} />
              </span>
            </li>
          ))}
      </ul>
    </section>
  );
}
