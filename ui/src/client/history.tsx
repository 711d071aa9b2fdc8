// What a client did: the picture, how far it goes, what stands out in it, and the same as a list.
import { EventLines } from "../clientlogs/event-parts";
import type { Event } from "../clientlogs/words";
import { Link } from "../frame/link";
import { count, span as howLong, many } from "../ui/format";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { Moment, useNow } from "../ui/time";
import type { useStoryEvents } from "./load";
import { type OpenSession, type Span, type Story, storyOf, strangeIn } from "./story";
import { Timeline } from "./timeline";
import { linkTo, type Subject } from "./who";

const hour = 3_600_000;

export const ranges = [
  { value: "1h", label: "1 h", ms: hour },
  { value: "24h", label: "24 h", ms: 24 * hour },
  { value: "7d", label: "7 d", ms: 7 * 24 * hour },
  { value: "30d", label: "30 d", ms: 30 * 24 * hour },
];

export function rangeOf(value: string | undefined) {
  return ranges.find((r) => r.value === value) ?? { value: "24h", label: "24 h", ms: 24 * hour };
}

interface HistoryProps {
  subject: Subject;
  range: string;
  onRange: (range: string) => void;
  story: ReturnType<typeof useStoryEvents>;
  events: Event[]; // with what came since
  open: OpenSession[];
}

export function History({ subject, range, onRange, story, events, open }: HistoryProps) {
  const to = useNow();
  const { label, ms } = rangeOf(range);
  const from = to - ms;
  const told = storyOf(events, open, from, to);
  const empty = told.lanes.length === 0 && told.strangers.length === 0;
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>What it did</h2>
        <Segments label="How far back" value={rangeOf(range).value} options={ranges} onChange={onRange} />
      </div>
      {story.isError && <ProblemNotice problem={story.error} retry={() => void story.refetch()} />}
      {story.isPending && <Waiting what="its events" />}
      {story.data && empty && <p className="quiet">It did nothing within the last {label}.</p>}
      {story.data && !empty && (
        <>
          <Strange subject={subject} events={events} to={to} range={label} />
          <Timeline story={told} from={from} to={to} />
          {told.more > 0 && (
            <p className="quiet small">{many(told.more, "more client id", "more client ids")} of it are not drawn.</p>
          )}
          {story.data.reaches > story.data.from + 60_000 && (
            <Notice>
              <div>
                There is too much to draw: the picture goes back to{" "}
                <Moment at={new Date(story.data.reaches).toISOString()} />. A shorter time shows everything.
              </div>
            </Notice>
          )}
          <AsList story={told} />
        </>
      )}
    </section>
  );
}

const manyConnects = 10; // an hour; a device that stays connected has one

// Strange is what stands out, each a number that leads to its events.
function Strange({ subject, events, to, range }: { subject: Subject; events: Event[]; to: number; range: string }) {
  const found = strangeIn(events, to);
  const back = range.replace(" ", "");
  const badge = (n: number, what: string, event: string, who: Record<string, string | undefined> = linkTo(subject)) =>
    n > 0 && (
      <Link to="/events" search={{ ...who, event, from: back }}>
        <Badge tone="warning">
          {count(n)} {what} in {range}
        </Badge>
      </Link>
    );
  const calm = found.connects < manyConnects && found.refused + found.strangers + found.denied + found.lost === 0;
  return (
    <div className="row">
      {found.connects >= manyConnects && (
        <Badge tone="warning" title="A device that stays connected connects once">
          connected {count(found.connects)} times within the last hour
        </Badge>
      )}
      {badge(found.refused, "refused", "auth_failure")}
      {badge(found.strangers, "refused at its addresses", "auth_failure", { address: found.addresses[0] })}
      {badge(found.denied, "denied", "denied")}
      {badge(found.lost, "lost", "disconnect")}
      {found.addresses.length > 1 && <Badge tone="notice">came from {count(found.addresses.length)} addresses</Badge>}
      {calm && <Badge tone="good">nothing strange in {range}</Badge>}
    </div>
  );
}

const mostListed = 100;

function AsList({ story }: { story: Story }) {
  const spans = story.lanes.flatMap((l) => l.spans).sort((a, b) => b.from - a.from);
  const marks = [...story.lanes.flatMap((l) => l.marks), ...story.strangers].sort((a, b) => b.time - a.time);
  return (
    <details>
      <summary>The same as a list</summary>
      <div className="story-list">
        <table>
          <caption className="visually-hidden">Sessions, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Client id</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">How long</th>
              <th scope="col">Address</th>
              <th scope="col">End</th>
            </tr>
          </thead>
          <tbody>
            {spans.slice(0, mostListed).map((s) => (
              <SpanRow key={s.id} span={s} />
            ))}
          </tbody>
        </table>
        {spans.length > mostListed && <p className="quiet small">And {count(spans.length - mostListed)} more.</p>}
      </div>
      <EventLines events={marks.slice(0, mostListed).map((m) => m.event)} />
    </details>
  );
}

function SpanRow({ span: s }: { span: Span }) {
  return (
    <tr>
      <td className="mono">
        <Text>{s.clientid}</Text>
      </td>
      <td>
        {s.cut && "before "}
        <Moment at={new Date(s.from).toISOString()} />
      </td>
      <td>{s.open ? "now" : <Moment at={new Date(s.to).toISOString()} />}</td>
      <td>{howLong((s.to - s.from) / 1000)}</td>
      <td className="mono">
        <Text>{s.address}</Text>
      </td>
      <td>{s.open ? "" : s.why}</td>
    </tr>
  );
}
