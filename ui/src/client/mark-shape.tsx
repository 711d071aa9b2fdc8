// The marks of the picture: each has a shape and a colour of its own.
import type { MarkKind } from "./story";

const shapes: Record<MarkKind, { title: string; path: string; tone: string; line?: boolean }> = {
  refused: { title: "refused", path: "M-5 -5L5 5M5 -5L-5 5", tone: "bad", line: true },
  denied: { title: "denied", path: "M0 -6L6 5H-6z", tone: "warning" },
  lost: { title: "connection lost", path: "M0 -6L6 0L0 6L-6 0z", tone: "bad" },
  kicked: { title: "disconnected or taken over", path: "M-4.500 -4.500h9v9h-9z", tone: "notice" },
  dropped: { title: "messages thrown away", path: "M0 6L6 -5H-6z", tone: "warning" },
};

export function MarkShape({ kind }: { kind: MarkKind }) {
  const { path, tone, line } = shapes[kind];
  return <path d={path} className={`story-mark ${tone} ${line ? "line" : ""}`} />;
}

export function Legend() {
  return (
    <ul className="story-legend small quiet">
      <li>
        <span className="story-swatch" /> session
      </li>
      {(Object.keys(shapes) as MarkKind[]).map((kind) => (
        <li key={kind}>
          <svg width={14} height={14} viewBox="-7 -7 14 14" aria-hidden="true" focusable="false">
            <MarkShape kind={kind} />
          </svg>
          {shapes[kind].title}
        </li>
      ))}
      <li>
        <span className="story-swatch blind" /> not everything recorded
      </li>
    </ul>
  );
}
