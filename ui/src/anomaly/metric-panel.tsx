// One series of a topic: what is known of it, its course, and what was found in it.
import { useMemo, useState } from "react";
import { Button } from "../ui/button";
import type { Mark } from "../ui/chart";
import { amount, span } from "../ui/format";
import { Badge } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Ago } from "../ui/time";
import type { Metric, Point } from "./alerts";
import { BandChart } from "./band-chart";
import { BeginAnew } from "./begin-anew";
import type { Finding } from "./findings";
import { newRule, type RuleForm } from "./rule-form";
import { certainty, fieldWords, kindWords, progress } from "./words";

const typeWords: Record<Metric["type"], string> = {
  number: "number",
  counter: "counter; its change per second is looked at",
  state: "state",
  text: "words of which there are many; not looked at",
};

interface MetricPanelProps {
  metric: Metric;
  findings: Finding[];
  onRule?: (rule: RuleForm) => void;
  anew?: boolean; // it may be let begin anew
}

export function MetricPanel({ metric: m, findings, onRule, anew = false }: MetricPanelProps) {
  const [asking, setAsking] = useState(false);
  const marks = useMemo<Mark[]>(
    () =>
      findings
        .filter((f) => f.field === m.field)
        .map((f) => ({ time: Date.parse(f.time), label: kindWords(f.kind) }))
        .reverse(),
    [findings, m.field],
  );
  const points = useMemo<Point[]>(() => (m.series ?? []).map(pointOf), [m.series]);
  const name = fieldWords(m.field);
  return (
    <section className="panel stack" aria-label={visible(name)}>
      <div className="row apart">
        <h2>
          <Text>{name}</Text>
        </h2>
        <span className="row">
          {m.state === "ready" ? (
            <Badge tone="good">ready</Badge>
          ) : (
            <Badge>{progress({ state: "learning", samples: m.samples }, m.samples_needed)}</Badge>
          )}
          {onRule && m.type === "number" && (
            <Button onClick={() => onRule(ruleFor(m))} aria-label={`Add a rule for ${visible(name)}`}>
              Add rule
            </Button>
          )}
          {anew && m.type !== "text" && (
            <Button onClick={() => setAsking(true)} aria-label={`Let ${visible(name)} begin anew`}>
              Begin anew…
            </Button>
          )}
        </span>
      </div>
      <dl className="facts series-facts">
        <dt>Type</dt>
        <dd>{typeWords[m.type]}</dd>
        <dt>Last</dt>
        <dd>
          {m.last_text ? <Text>{m.last_text}</Text> : m.last_value === null ? "–" : amount(m.last_value)},{" "}
          <Ago at={m.last_seen} />
        </dd>
        <dt>Comes</dt>
        <dd>{m.interval_seconds > 0 ? `about every ${interval(m.interval_seconds)}` : "not known yet"}</dd>
        {m.mean !== null && (
          <>
            <dt>Mean</dt>
            <dd>
              {amount(m.mean)}
              {m.stddev !== null && `, standard deviation ${amount(m.stddev)}`}
            </dd>
          </>
        )}
        {m.low !== null && m.high !== null && (
          <>
            <dt>Expected</dt>
            <dd>
              {amount(m.low)} to {amount(m.high)}
            </dd>
          </>
        )}
        <dt>Score</dt>
        <dd>
          {m.score.toFixed(1)}, {certainty(m.score)}
          {m.offset !== 0 &&
            ` · threshold moved by ${m.offset > 0 ? "+" : ""}${m.offset.toFixed(1)} by what people said`}
        </dd>
      </dl>
      {asking && <BeginAnew metric={m} onClose={() => setAsking(false)} />}
      {points.length > 1 && <BandChart title={name} points={points} marks={marks} height={160} />}
    </section>
  );
}

// pointOf takes a point apart, which goes over the line as [t, value, low, high, score].
function pointOf([t, value, low, high, score]: (number | null)[]): Point {
  return {
    t: new Date(t ?? 0).toISOString(),
    value: value ?? null,
    low: low ?? null,
    high: high ?? null,
    score: score ?? 0,
  };
}

function interval(seconds: number): string {
  return seconds < 10 ? `${amount(seconds)} s` : span(seconds);
}

// ruleFor begins a rule with the band in which the values are now.
function ruleFor(m: Metric): RuleForm {
  const text = (n: number | null) => (n === null ? "" : String(Number(n.toPrecision(3))));
  return newRule({ topic: m.entity, kind: "range", field: m.field, low: text(m.low), high: text(m.high) });
}
