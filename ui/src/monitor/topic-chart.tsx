// A chart of a number in a topic's messages, from when the page was opened.
import { useCallback, useRef, useState } from "react";
import { useFilters } from "../frame/link";
import { Chart } from "../ui/chart";
import { SelectField } from "../ui/field";
import { amount } from "../ui/format";
import { visible } from "../ui/text";
import { useNow } from "../ui/time";
import { numbers, type Payload } from "./payload";

const mostSamples = 2000;

export interface Samples {
  topic: string;
  since: number;
  by: Map<string, [number, number][]>; // by path of the field: time (epoch ms) and value
}

// useSamples keeps the numbers of the messages of one topic, and returns how to add those of another message.
export function useSamples(topic: string): [Samples, (p: Payload, at: number) => void] {
  const kept = useRef<Samples>({ topic, since: Date.now(), by: new Map() });
  const [, redraw] = useState(0);
  if (kept.current.topic !== topic) kept.current = { topic, since: Date.now(), by: new Map() };
  const add = useCallback((p: Payload, at: number) => {
    for (const { path, value } of numbers(p)) {
      const points = kept.current.by.get(path) ?? [];
      points.push([at, value]);
      if (points.length > mostSamples) points.splice(0, points.length - mostSamples);
      kept.current.by.set(path, points);
    }
    redraw((n) => n + 1);
  }, []);
  return [kept.current, add];
}

export function TopicChart({ topic, samples }: { topic: Payload; samples: Samples }) {
  const [filters, setFilters] = useFilters();
  const now = useNow();
  const fields = numbers(topic);
  if (fields.length === 0) return null;
  const field = fields.find((f) => f.path === filters.field) ?? fields[0];
  const path = field?.path ?? "";
  const points = samples.by.get(path) ?? [];
  const end = Math.max(now, points.at(-1)?.[0] ?? 0);
  return (
    <div className="stack">
      {fields.length > 1 && (
        <SelectField label="Field" value={path} onChange={(e) => setFilters({ field: e.target.value }, true)}>
          {fields.map((f) => (
            <option key={f.path} value={f.path}>
              {visible(f.path)}
            </option>
          ))}
        </SelectField>
      )}
      {points.length > 1 ? (
        <Chart
          title={visible(path) || "Value"}
          series={[{ label: visible(path) || "value", points }]}
          from={Math.max(samples.since, points[0]?.[0] ?? 0)}
          to={end}
          show={amount}
          height={140}
        />
      ) : (
        <p className="quiet small">A chart begins with the second message that comes while this page is open.</p>
      )}
    </div>
  );
}
