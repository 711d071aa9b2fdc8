// Who published on a topic last, as far as publishes are among the recorded events.
import { useQuery } from "@tanstack/react-query";
import { Who } from "../clientlogs/event-parts";
import { listEvents } from "../clientlogs/events";
import { Link } from "../frame/link";
import { Ago } from "../ui/time";

const looked = 500; // events of publishing that are looked through
const askAgain = 15_000; // ms

export function Publisher({ topic }: { topic: string }) {
  const { data } = useQuery({
    queryKey: ["topic publisher", topic],
    queryFn: async ({ signal }) => {
      const page = await listEvents({ event: "publish" }, { limit: looked, signal });
      return page.rows.find((e) => e.topic === topic) ?? null;
    },
    refetchInterval: askAgain,
  });
  if (data === undefined) return null;
  if (data === null) {
    return (
      <p className="quiet small">
        Who published is not among the last events. <Link to="/admin/broker">Settings, Broker</Link> says which
        publishes are recorded.
      </p>
    );
  }
  return (
    <p>
      Last recorded from <Who event={data} />, <Ago at={data.time} />.{" "}
      <Link to="/events" search={{ event: "publish", client_id: data.client_id }}>
        Its publishes
      </Link>
    </p>
  );
}
