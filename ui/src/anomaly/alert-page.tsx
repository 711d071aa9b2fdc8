// The page of one alert: its course as a picture, what is part of it, and every finding that it is made of.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useParam } from "../frame/link";
import { useMay } from "../frame/session";
import { many } from "../ui/format";
import { Heading } from "../ui/heading";
import { Empty, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago, Moment } from "../ui/time";
import { AlertButtons } from "./alert-buttons";
import { About, SeenBy, SeverityBadge, StatusBadge } from "./alert-words";
import { type AlertDetail, alertQuery } from "./alerts";
import { BandChart } from "./band-chart";
import { Findings } from "./findings";
import { atOnce, certainty, fieldWords, kindWords } from "./words";

export function Page() {
  const id = Number(useParam("id"));
  const valid = Number.isSafeInteger(id) && id > 0;
  const { data, error, refetch } = useQuery({ ...alertQuery(id), enabled: valid });
  const back = <Link to="/anomalies">All alerts</Link>;
  if (!valid) {
    return (
      <>
        <Heading title="No such alert" />
        <Empty action={back}>Alerts have numbers, and this is none.</Empty>
      </>
    );
  }
  if (!data) {
    return (
      <>
        <Heading title={`Alert ${id}`} />
        {error ? <ProblemNotice problem={error} retry={() => void refetch()} /> : <Waiting what="the alert" />}
        {error && back}
      </>
    );
  }
  return (
    <>
      <Heading title={<Text>{data.title}</Text>} name={data.title} actions={back}>
        <span className="row">
          <SeverityBadge severity={data.severity} />
          <StatusBadge status={data.status} />
          {kindWords(data.kind)}
        </span>
      </Heading>
      <One alert={data} />
    </>
  );
}

function One({ alert }: { alert: AlertDetail }) {
  const values = useMay("payload:read");
  const marks = useMemo(() => {
    const all = [{ time: Date.parse(alert.opened_at), label: "began" }];
    if (alert.closed_at) all.push({ time: Date.parse(alert.closed_at), label: "over" });
    return all;
  }, [alert.opened_at, alert.closed_at]);
  return (
    <>
      <section className="panel stack" aria-label="What is strange">
        <p>
          <Text>{alert.explanation}</Text>
        </p>
        <SeenBy alert={alert} />
        <AlertButtons alert={alert} />
        <dl className="facts">
          <dt>About</dt>
          <dd>
            <About type={alert.type} entity={alert.entity} />
            {alert.field && (
              <>
                , <Text>{alert.field}</Text>
              </>
            )}
            {alert.type === "topic" && (
              <>
                {" "}
                ·{" "}
                <Link to="/anomalies/series" search={{ entity: alert.entity }}>
                  Its series
                </Link>
              </>
            )}
          </dd>
          <dt>Since</dt>
          <dd>
            <Ago at={alert.opened_at} /> (<Moment at={alert.opened_at} />)
          </dd>
          <dt>Last found</dt>
          <dd>
            <Ago at={alert.last_seen} />
          </dd>
          {alert.closed_at && (
            <>
              <dt>Over</dt>
              <dd>
                <Ago at={alert.closed_at} />
              </dd>
            </>
          )}
          <dt>Findings</dt>
          <dd>
            {many(alert.occurrences, "finding")} of {many(alert.members, "member")}
          </dd>
          <dt>Says so</dt>
          <dd>
            {alert.kind === "rule" && "the rule "}
            <Text>{alert.rule}</Text>
            {alert.kind !== "rule" && `, ${certainty(alert.score)}`}
          </dd>
          <dt>Notification</dt>
          <dd>{alert.notified ? "sent" : "none, or kept for the digest"}</dd>
        </dl>
      </section>
      {alert.points.length > 1 && (
        <section className="panel">
          <h2>Course</h2>
          <BandChart title={fieldWords(alert.field)} points={alert.points} marks={marks} height={280} />
        </section>
      )}
      {alert.points.length <= 1 && alert.type === "topic" && !values && (
        <p className="quiet">Values are hidden from your role.</p>
      )}
      {alert.parts.length > 0 && (
        <section className="panel">
          <h2>Members</h2>
          <ul className="parts">
            {alert.parts.map((p) => (
              <li key={`${p.type} ${p.entity} ${p.field} ${p.kind}`}>
                <About type={p.type} entity={p.entity} />
                <span>{p.field && <Text>{p.field}</Text>}</span>
                <span>{kindWords(p.kind)}</span>
                <span className="quiet">{p.over ? "over" : atOnce(p.kind) ? "happened" : "goes on"}</span>
              </li>
            ))}
          </ul>
          {alert.members > alert.parts.length && (
            <p className="quiet small">
              The first {alert.parts.length} of {alert.members}.
            </p>
          )}
        </section>
      )}
      <Findings alert={alert.id} many={alert.members > 1} />
    </>
  );
}
