// What happened last: who came, who left, who was refused or denied.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KindMark, What, Who } from "../clientlogs/event-parts";
import { type EventPage, firstEvents, merge, streamOf } from "../clientlogs/events";
import type { Event } from "../clientlogs/words";
import { Link } from "../frame/link";
import { useChannel } from "../live/live";
import { ProblemNotice, Waiting } from "../ui/say";
import { Ago } from "../ui/time";

const shown = 10;
const asked = { event: "connect,disconnect,auth_failure,denied,takeover,dropped" };
const key = ["recent events"];

export function RecentEvents() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => firstEvents(asked, { limit: shown, signal }),
    staleTime: 30_000,
  });
  useChannel(data ? streamOf(asked, data.after) : null, ({ event, data: next }) => {
    if (event === "gap" || typeof next !== "object" || next === null || !("id" in next)) return;
    client.setQueryData<EventPage>(
      key,
      (before) => before && { ...before, rows: merge([next as Event], before.rows).slice(0, shown) },
    );
  });
  return (
    <section className="panel" aria-label="Recent events">
      <div className="row apart">
        <h2>Recent events</h2>
        <Link to="/events">All events</Link>
      </div>
      {error && !data && <ProblemNotice problem={error} retry={() => void refetch()} />}
      {!data && !error && <Waiting what="events" rows={4} />}
      {data?.rows.length === 0 && <p className="quiet">Nothing yet: nobody has connected, or tried to.</p>}
      {data && data.rows.length > 0 && (
        <ul className="recent">
          {data.rows.map((e) => (
            <li key={e.id}>
              <span className="quiet small number">
                <Ago at={e.time} />
              </span>
              <KindMark event={e.event} />
              <span className="who">
                <Who event={e} />
              </span>
              <span className="what">
                <What event={e} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
