// What is to be said about lines, the worst first, each with a way to its line.
import { many } from "../ui/format";
import { Badge, sentence, type Tone } from "../ui/say";
import { Text } from "../ui/text";
import type { ConfProblem } from "./state";

export const toneOf: Record<ConfProblem["severity"], Tone> = { error: "bad", warning: "warning", notice: "notice" };

const mostShown = 100;

export function Problems({
  problems,
  onJump,
  label = "Problems",
}: {
  problems: ConfProblem[];
  onJump?: (file: string, line: number) => void;
  label?: string;
}) {
  if (problems.length === 0) return null;
  return (
    <>
      <ul className="problems" aria-label={label}>
        {problems.slice(0, mostShown).map((p, i) => (
          <li key={i}>
            <Badge tone={toneOf[p.severity]}>{p.severity}</Badge>
            <div>
              <div>
                <Text>{sentence(p.message)}</Text>
                {p.source === "broker" && <span className="quiet small"> So says the broker's own program.</span>}
              </div>
              {p.hint && (
                <div className="quiet small">
                  <Text>{sentence(p.hint)}</Text>
                </div>
              )}
            </div>
            {p.file && <Place problem={p} onJump={onJump} />}
          </li>
        ))}
      </ul>
      {problems.length > mostShown && (
        <p className="quiet small">{many(problems.length - mostShown, "more problem")}.</p>
      )}
    </>
  );
}

function Place({
  problem,
  onJump,
}: {
  problem: ConfProblem;
  onJump?: ((file: string, line: number) => void) | undefined;
}) {
  const place = <Text>{problem.line ? `${problem.file}:${problem.line}` : problem.file}</Text>;
  if (!onJump || problem.line === 0) return <span className="mono quiet small">{place}</span>;
  return (
    <button type="button" className="bare mono small jump" onClick={() => onJump(problem.file, problem.line)}>
      {place}
    </button>
  );
}

// tally is how many there are of each kind, as in "1 error, 2 warnings".
export function tally(problems: ConfProblem[]): string {
  const of = (severity: ConfProblem["severity"]) => problems.filter((p) => p.severity === severity).length;
  return (["error", "warning", "notice"] as const)
    .filter((severity) => of(severity) > 0)
    .map((severity) => many(of(severity), severity))
    .join(", ");
}
