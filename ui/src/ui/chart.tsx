// A chart over time: mean as a line, least and most as a band behind it, gaps as gaps. All charts of a page share one
// cursor; dragging zooms, a double click goes back; the same numbers can be read as a table.
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { Button } from "./button";
import { apart, binarySteps, ticks, timeSteps, wholeSteps } from "./chart-axes";
import { moment } from "./format";

export interface Series {
  label: string;
  points: (number | null)[][]; // [epoch ms, mean, least, most]
  edges?: boolean; // there is no mean, only the band; and of a wide one the axis shows a part
}

export interface Mark {
  time: number; // epoch ms
  label: string;
}

interface ChartProps {
  title: string;
  series: Series[]; // six at most
  from: number;
  to: number;
  show: (value: number) => string; // with its unit
  steps?: "whole" | "binary" | undefined; // of the axis: there are no halves of what is counted; bytes go by powers of two
  close?: boolean; // the axis follows the numbers and need not begin at zero
  marks?: Mark[];
  height?: number;
  onZoom?: (from: number, to: number) => void;
  onZoomBack?: () => void;
}

const colours = ["--s1", "--s2", "--s3", "--s4", "--s5", "--s6"];
const sync = "time";

export function Chart({
  title,
  series,
  from,
  to,
  show,
  steps,
  close = false,
  marks = [],
  height = 160,
  onZoom,
  onZoomBack,
}: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [asTable, setAsTable] = useState(false);
  const [pointed, setPointed] = useState<number | null>(null); // at which of the times the cursor stands
  const data = useMemo(() => align(series), [series]);
  const now = useRef({ series, from, to, show, steps, close, marks, onZoom, onZoomBack });
  const drawn = useRef(data);
  drawn.current = data;
  now.current = { series, from, to, show, steps, close, marks, onZoom, onZoomBack };
  const names = series.map((s) => s.label).join("\n");

  useEffect(() => {
    const element = box.current;
    if (!element || asTable) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, names.split("\n"), height, now, setPointed), drawn.current, element);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const themed = new MutationObserver(make); // colours are drawn, not styled
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [names, height, asTable]);

  useEffect(() => {
    const shown = plot.current;
    if (!shown) return;
    shown.batch(() => {
      shown.setData(data, false);
      shown.setScale("x", { min: from / 1000, max: to / 1000 });
    });
  }, [data, from, to]);

  return (
    <figure className="chart" style={{ margin: 0 }} aria-label={title}>
      <div className="row apart">
        <h3>{title}</h3>
        <Button look="plain" onClick={() => setAsTable(!asTable)} aria-pressed={asTable} className="small">
          {asTable ? "Chart" : "Table"}
        </Button>
      </div>
      {asTable ? <Numbers series={series} show={show} /> : <div ref={box} style={{ height }} />}
      <figcaption className="legend-row">
        {series.map((s, i) => (
          <Legend
            key={s.label}
            series={s}
            colour={colours[i] ?? "--s6"}
            show={show}
            at={asTable ? undefined : pointAt(data, pointed, i)}
          />
        ))}
      </figcaption>
    </figure>
  );
}

// reach is from where to where the axis has to show: all lines, and of bands as much again on both sides.
export function reach(series: Series[]): [number, number] | undefined {
  const extent = (of: Series[], first: number, last: number): [number, number] => {
    const all = of.flatMap((s) => s.points.flatMap((p) => p.slice(first, last))).filter((v) => v != null);
    return [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  };
  const [least, most] = extent(
    series.filter((s) => !s.edges),
    1,
    4,
  );
  if (least > most) return undefined;
  const [low, high] = extent(
    series.filter((s) => s.edges),
    2,
    4,
  );
  const wide = most - least || Math.abs(most) || 1;
  return [Math.max(Math.min(low, least), least - wide), Math.min(Math.max(high, most), most + wide)];
}

interface Point {
  time: number; // epoch seconds
  mean: number | null;
  low: number | null;
  high: number | null;
}

// pointAt is what the drawn data say of one series at one of their times.
function pointAt(data: uPlot.AlignedData, index: number | null, series: number): Point | undefined {
  const time = index === null ? undefined : data[0][index];
  if (index === null || time === undefined) return undefined;
  const of = (row: number) => data[series * 3 + row]?.[index] ?? null;
  return { time, mean: of(1), low: of(2), high: of(3) };
}

interface LegendProps {
  series: Series;
  colour: string;
  show: (v: number) => string;
  at: Point | undefined; // where the cursor stands
}

function Legend({ series, colour, show, at }: LegendProps) {
  if (series.edges) {
    const [, , low, high] = at
      ? [at.time, at.mean, at.low, at.high]
      : (series.points.findLast(([, , edge]) => edge != null) ?? []);
    return (
      <span>
        <span className="swatch" style={{ background: `var(${colour})`, opacity: 0.4 }} />
        {series.label}{" "}
        <span className="quiet number">
          {low == null || high == null ? "not known" : `${show(low)} to ${show(high)}`}
        </span>
      </span>
    );
  }
  if (at) {
    return (
      <span>
        <span className="swatch" style={{ background: `var(${colour})` }} />
        {series.label}{" "}
        <span className="number">
          <strong>{at.mean === null ? "nothing known" : show(at.mean)}</strong>{" "}
          <span className="quiet">at {moment(at.time * 1000)}</span>
        </span>
      </span>
    );
  }
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let last: number | null = null;
  for (const [, mean, low, high] of series.points) {
    if (mean == null) continue;
    last = mean;
    least = Math.min(least, low ?? mean);
    most = Math.max(most, high ?? mean);
  }
  return (
    <span>
      <span className="swatch" style={{ background: `var(${colour})` }} />
      {series.label}{" "}
      {last === null ? (
        <span className="quiet">nothing known</span>
      ) : (
        <span className="number">
          <strong>{show(last)}</strong>{" "}
          <span className="quiet">
            min {show(least)} · max {show(most)}
          </span>
        </span>
      )}
    </span>
  );
}

function Numbers({ series, show }: { series: Series[]; show: (v: number) => string }) {
  const [first] = series;
  return (
    <div style={{ maxHeight: 240, overflow: "auto" }} tabIndex={0} role="region" aria-label="Numbers">
      <table className="small number" style={{ borderSpacing: "12px 2px" }}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((s) => (
              <th scope="col" key={s.label}>
                {s.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first?.points.map(([t], i) => (
            <tr key={t}>
              <td>{moment(t ?? 0)}</td>
              {series.map((s) => {
                const [, mean, low, high] = s.points[i] ?? [];
                if (s.edges) return <td key={s.label}>{low == null ? "–" : `${show(low)} to ${show(high ?? low)}`}</td>;
                return <td key={s.label}>{mean == null ? "–" : show(mean)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// align brings all series onto one row of times: for each its mean, least and most.
export function align(series: Series[]): uPlot.AlignedData {
  const tables = series.map(
    (s) =>
      [0, 1, 2, 3].map((column) =>
        s.points.map((p) => (column === 0 ? (p[0] ?? 0) / 1000 : (p[column] ?? p[1] ?? null))),
      ) as uPlot.AlignedData,
  );
  if (tables.length === 0) return [[]];
  const same = series.every(
    (s) => s.points.length === series[0]?.points.length && s.points[0]?.[0] === series[0]?.points[0]?.[0],
  );
  if (!same) {
    // Nulls are gaps in all of them: mode 2 keeps them when rows are put together.
    return uPlot.join(
      tables,
      tables.map((t) => t.map(() => 2) as uPlot.JoinNullMode[]),
    );
  }
  return [tables[0]?.[0] ?? [], ...tables.flatMap((t) => t.slice(1))] as uPlot.AlignedData;
}

function colour(name: string, alpha = 1): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  if (alpha === 1) return value;
  return `${value}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0")}`;
}

type Now = {
  current: Pick<ChartProps, "series" | "from" | "to" | "show" | "steps" | "close" | "marks" | "onZoom" | "onZoomBack">;
};

function options(
  element: HTMLElement,
  labels: string[],
  height: number,
  now: Now,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const axis = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width: element.clientWidth,
    height,
    padding: [16, 20, 0, 0], // room for the words of marks, and for half of the last time
    legend: { show: false },
    cursor: {
      sync: { key: sync },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: { dblclick: () => () => now.current.onZoomBack?.() ?? null },
    },
    scales: {
      x: { time: true, range: () => [now.current.from / 1000, now.current.to / 1000] },
      y: {
        range: (_, low, high) => {
          if (low == null || high == null) return [0, 1];
          if (now.current.close) {
            const [least, most] = reach(now.current.series) ?? [low, high];
            const room = (most - least) * 0.08 || Math.abs(most) * 0.08 || 1;
            return [least - room, most + room];
          }
          return [Math.min(0, low), high <= 0 ? 1 : high * 1.08];
        },
      },
    },
    axes: [
      {
        ...axis,
        space: 60,
        gap: 9,
        size: 54,
        incrs: timeSteps,
        values: (_u, times, _i, _space, incr) => ticks(times, incr),
      },
      {
        ...axis,
        size: 64,
        values: (_u, values) => apart(values, now.current.show),
        ...(now.current.steps ? { incrs: now.current.steps === "whole" ? wholeSteps : binarySteps } : {}),
      },
    ],
    series: [
      {},
      ...labels.flatMap((label, i) => {
        const name = colours[i] ?? "--s6";
        const hidden = { show: true, stroke: "transparent", points: { show: false } };
        return [
          { label, stroke: colour(name), width: 1.5, spanGaps: false },
          { ...hidden, label: `${label} least` },
          { ...hidden, label: `${label} most` },
        ];
      }),
    ],
    bands: labels.map((_, i) => ({
      series: [i * 3 + 3, i * 3 + 2] as [number, number],
      fill: colour(colours[i] ?? "--s6", 0.16),
    })),
    hooks: {
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          now.current.onZoom?.(
            u.posToVal(u.select.left, "x") * 1000,
            u.posToVal(u.select.left + u.select.width, "x") * 1000,
          );
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [(u) => onPoint(u.cursor.idx ?? null)],
      draw: [(u) => drawMarks(u, now.current.marks ?? [])],
    },
  };
}

function drawMarks(u: uPlot, marks: Mark[]): void {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = colour("--line-strong");
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.setLineDash([4, 3]);
  ctx.fillStyle = colour("--quiet");
  ctx.textAlign = "left"; // uPlot leaves the one of its last axis
  ctx.textBaseline = "alphabetic";
  let free = 0; // where the last label ends
  for (const mark of marks) {
    const x = u.valToPos(mark.time / 1000, "x", true);
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, u.bbox.top - 14 * devicePixelRatio);
    ctx.lineTo(x, u.bbox.top + u.bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width + 8;
    // At the end of the axis there is room before the line only.
    const at = x + width > u.bbox.left + u.bbox.width ? x - width : x;
    if (at < free) continue;
    ctx.fillText(mark.label, at + 4, u.bbox.top - 4 * devicePixelRatio); // above, where no line strikes it out
    free = x + width + 4;
  }
  ctx.restore();
}
