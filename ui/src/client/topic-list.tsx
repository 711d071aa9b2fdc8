// The topics of a client, as far as its events tell of them.
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { count } from "../ui/format";
import { ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import type { useTopicEvents } from "./load";
import { type TopicUse, topicsOf } from "./topics-of";

const mostShown = 40;

export function TopicList({ events }: { events: ReturnType<typeof useTopicEvents> }) {
  const topics = events.data ? topicsOf(events.data.rows) : [];
  const mayOpen = useMay("monitor:read");
  return (
    <section className="panel">
      <h2>Its topics</h2>
      {events.isError && <ProblemNotice problem={events.error} retry={() => void events.refetch()} />}
      {events.isLoading && <Waiting what="its topics" />}
      {events.data && topics.length === 0 && (
        <p className="quiet">No publish and no subscription of it was recorded within 7 days.</p>
      )}
      {topics.length > 0 && (
        <div className="story-list">
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Published</th>
                <th scope="col">Subscribed</th>
              </tr>
            </thead>
            <tbody>
              {topics.slice(0, mostShown).map((t) => (
                <TopicRow key={t.topic} use={t} opens={mayOpen} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {topics.length > mostShown && <p className="quiet small">And {count(topics.length - mostShown)} more.</p>}
      {events.data?.next && <p className="quiet small">From its newest events; older ones are not counted.</p>}
    </section>
  );
}

function TopicRow({ use: t, opens }: { use: TopicUse; opens: boolean }) {
  const plain = t.published > 0 && opens;
  return (
    <tr>
      <td className="mono">
        {plain ? (
          <Link to="/topics" search={{ topic: t.topic }}>
            <Text>{t.topic}</Text>
          </Link>
        ) : (
          <Text>{t.topic}</Text>
        )}
      </td>
      <td className="number">
        {t.published > 0 && (
          <>
            {count(t.published)} <span className="quiet small">{<Ago at={t.lastPublished} />}</span>
          </>
        )}
      </td>
      <td>
        {t.lastSubscribed !== undefined && (
          <>
            {t.subscribed ? `yes${t.qos === undefined ? "" : `, QoS ${t.qos}`}` : "given up"}{" "}
            <span className="quiet small">{<Ago at={t.lastSubscribed} />}</span>
          </>
        )}
      </td>
    </tr>
  );
}
