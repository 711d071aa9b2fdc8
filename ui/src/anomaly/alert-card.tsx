// One alert in the list: what is strange, since when, and a picture of it. The picture is asked for when the card comes
// into sight.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "../frame/link";
import { many } from "../ui/format";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import { AlertButtons } from "./alert-buttons";
import { About, SeenBy, SeverityBadge, StatusBadge } from "./alert-words";
import { type Alert, alertQuery } from "./alerts";
import { BandChart } from "./band-chart";
import { fieldWords, kindWords } from "./words";

export function AlertCard({ alert, gone = false }: { alert: Alert; gone?: boolean }) {
  const box = useRef<HTMLLIElement>(null);
  const seen = useSeen(box);
  const detail = useQuery({ ...alertQuery(alert.id), enabled: seen && alert.status !== "closed" });
  const points = detail.data?.points ?? [];
  return (
    <li ref={box} className={`panel alert-card ${alert.severity}`} data-over={alert.status === "closed" || undefined}>
      <div className="stack" style={{ gap: 6 }}>
        <div className="row">
          <SeverityBadge severity={alert.severity} />
          <StatusBadge status={alert.status} />
          <span className="quiet small">{kindWords(alert.kind)}</span>
          {gone && <span className="quiet small">no longer part of this list</span>}
        </div>
        <h2>
          <Link to="/anomalies/alerts/$id" params={{ id: String(alert.id) }}>
            <Text>{alert.title}</Text>
          </Link>
        </h2>
        <p>
          <Text>{alert.explanation}</Text>
        </p>
        <p className="quiet small">
          Since <Ago at={alert.opened_at} />
          {alert.closed_at && (
            <>
              , over <Ago at={alert.closed_at} />
            </>
          )}{" "}
          · {many(alert.occurrences, "finding")} · {many(alert.members, "member")} ·{" "}
          <About type={alert.type} entity={alert.entity} />
        </p>
        <SeenBy alert={alert} />
        <AlertButtons alert={alert} />
      </div>
      {points.length > 1 && (
        <div className="picture">
          <BandChart title={fieldWords(alert.field)} points={points} height={120} />
        </div>
      )}
    </li>
  );
}

// useSeen is true from when an element came into sight.
function useSeen(box: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || seen) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((e) => e.isIntersecting)) setSeen(true);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, seen]);
  return seen;
}
