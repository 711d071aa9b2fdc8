// The picture of a client's story: a lane for each client id with its sessions as bars, and marks for what went wrong.
// Shape and colour both tell what a mark is. The same story stands below as a list, for those who do not see the picture.
import { useEffect, useRef, useState } from "react";
import { inOneLine } from "../clientlogs/words";
import { span as howLong, many, moment } from "../ui/format";
import { Text, visible } from "../ui/text";
import { Legend, MarkShape } from "./mark-shape";
import type { Lane, Mark, Span, Story } from "./story";
import { ticksOf } from "./ticks";

interface TimelineProps {
  story: Story;
  from: number;
  to: number;
}

const height = 34;
const bar = 14;
const near = 10; // pixels within which the pointer means a mark

export function Timeline({ story, from, to }: TimelineProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!box.current) return;
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const x = (time: number) => ((Math.max(from, Math.min(to, time)) - from) / (to - from)) * width;
  const lanes: Lane[] = [...story.lanes];
  if (story.strangers.length > 0) lanes.push({ clientid: "", spans: [], marks: story.strangers });
  return (
    <div className="story" ref={box}>
      {lanes.map((lane) => (
        <div key={lane.clientid} className="story-lane">
          <div className="small">
            {lane.clientid === "" ? (
              <span className="quiet">refused at its addresses; the broker does not say who it was</span>
            ) : (
              <span className="mono">
                <Text>{lane.clientid}</Text>
              </span>
            )}
          </div>
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={summary(lane)}
            onPointerMove={(e) => setSaid(nearest(lane, e.nativeEvent.offsetX, x))}
            onPointerLeave={() => setSaid("")}
          >
            <rect x={0} y={(height - bar) / 2} width={width} height={bar} className="story-ground" rx={3} />
            {story.blind.map((b, i) => (
              <rect
                key={i}
                x={x(b.from)}
                y={2}
                width={Math.max(2, x(b.to) - x(b.from))}
                height={height - 4}
                className="story-blind"
              />
            ))}
            {drawable(lane.spans, x).map((s) => (
              <Bar key={s.id} span={s} left={x(s.from)} right={x(s.to)} />
            ))}
            {thinned(lane.marks, x).map((m) => (
              <g key={m.event.id} transform={`translate(${x(m.time)} ${height / 2})`}>
                <MarkShape kind={m.kind} />
              </g>
            ))}
          </svg>
        </div>
      ))}
      <Axis from={from} to={to} width={width} x={x} />
      <p className="story-said small" aria-hidden="true">
        {said || "Point at the picture to read what it shows."}
      </p>
      <Legend />
    </div>
  );
}

function Bar({ span: s, left, right }: { span: Span; left: number; right: number }) {
  const top = (height - bar) / 2;
  const length = Math.max(2, right - left);
  return (
    <>
      <rect x={left} y={top} width={length} height={bar} rx={2} className={`story-bar ${s.open ? "open" : ""}`} />
      {/* What began earlier has a torn edge. */}
      {s.cut && length > 8 && <path d={`M${left} ${top} l4 3.5 l-4 3.5 l4 3.500 l-4 3.500`} className="story-torn" />}
      {s.open && <path d={`M${right - 1} ${top - 3} v${bar + 6}`} className="story-now" />}
    </>
  );
}

function Axis({ from, to, width, x }: { from: number; to: number; width: number; x: (time: number) => number }) {
  return (
    <svg width={width} height={18} aria-hidden="true" focusable="false">
      {ticksOf(from, to, Math.max(2, Math.floor(width / 90))).map((t) => (
        <g key={t.time} transform={`translate(${x(t.time)} 0)`}>
          <path d="M0 0v4" className="story-tick" />
          <text y={15} textAnchor={anchor(x(t.time), width)} className="story-label">
            {t.label}
          </text>
        </g>
      ))}
    </svg>
  );
}

function anchor(at: number, width: number): "start" | "middle" | "end" {
  if (at < 24) return "start";
  return at > width - 24 ? "end" : "middle";
}

// drawable leaves out sessions so short that they fall onto the one before them.
function drawable(spans: Span[], x: (time: number) => number): Span[] {
  let covered = -1;
  return spans.filter((s) => {
    const end = Math.round(x(s.to));
    if (end <= covered) return false;
    covered = end;
    return true;
  });
}

// thinned leaves out marks that would hide each other.
function thinned(marks: Mark[], x: (time: number) => number): Mark[] {
  const taken = new Set<string>();
  return marks.filter((m) => {
    const place = `${m.kind} ${Math.round(x(m.time) / 6)}`;
    if (taken.has(place)) return false;
    taken.add(place);
    return true;
  });
}

function summary(lane: Lane): string {
  const name = lane.clientid === "" ? "Refusals at its addresses" : visible(lane.clientid);
  const parts = [many(lane.spans.length, "session")];
  if (lane.spans.some((s) => s.open)) parts.push("one of them open");
  if (lane.marks.length > 0) parts.push(`${many(lane.marks.length, "mark")} of what went wrong`);
  return `${name}: ${parts.join(", ")}`;
}

// nearest says what stands at a place of a lane: a mark, else a session, else the gap between two.
function nearest(lane: Lane, at: number, x: (time: number) => number): string {
  let found: Mark | undefined;
  let away = near;
  for (const m of lane.marks) {
    const distance = Math.abs(x(m.time) - at);
    if (distance < away) [found, away] = [m, distance];
  }
  if (found) return `${moment(found.time)} · ${visible(inOneLine(found.event))}`;
  const inside = lane.spans.find((s) => x(s.from) - 2 <= at && at <= x(s.to) + 2);
  if (inside) return spanInWords(inside);
  const before = lane.spans.filter((s) => x(s.to) < at).at(-1);
  const after = lane.spans.find((s) => x(s.from) > at);
  if (lane.clientid === "" || (!before && !after)) return "";
  if (before && after) return `Away for ${howLong((after.from - before.to) / 1000)}, after ${visible(before.why)}`;
  return before ? `Away since ${moment(before.to)}: ${visible(before.why)}` : "";
}

export function spanInWords(s: Span): string {
  const begin = s.cut ? `before ${moment(s.from)}` : moment(s.from);
  const address = s.address ? ` from ${visible(s.address)}` : "";
  if (s.open) return `Connected since ${begin}${address}`;
  return `${begin} to ${moment(s.to)} (${howLong((s.to - s.from) / 1000)})${address}; ${s.why}`;
}
