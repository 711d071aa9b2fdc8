// What stands where nothing is strange: who is watching what, and what would be noticed.
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { Link } from "../frame/link";
import { useMay } from "../frame/session";
import { count, many } from "../ui/format";
import { Empty } from "../ui/say";

export function Calm() {
  const watched = useQuery({
    queryKey: ["ai", "watched"],
    queryFn: async ({ signal }) => {
      const [entities, metrics] = await Promise.all([
        take(api.GET("/ai/entities", { params: { query: { limit: 1 } }, signal })),
        take(api.GET("/ai/metrics", { params: { query: { limit: 1 } }, signal })),
      ]);
      return { things: entities.total, series: metrics.total, ready: entities.series_ready };
    },
    refetchInterval: 15_000,
  });
  const act = useMay("anomaly:act");
  const w = watched.data;
  return (
    <section className="panel" aria-label="Nothing is open">
      <Empty
        action={
          act && (
            <Link className="button" to="/anomalies" search={{ tab: "rules", new: "1" }}>
              Add rule
            </Link>
          )
        }
        example="mosquitto_pub -t site/boiler/temperature -m 21.5"
      >
        <strong>Nothing strange is going on.</strong>{" "}
        {w &&
          (w.series === 0
            ? "No series is known yet: learning begins with the first messages that hold numbers or states, and takes 200 of them."
            : `${many(w.things, "topic or client is", "topics and clients are")} watched: ${many(w.ready, "series", "series")} ready${w.series > w.ready ? `, ${count(w.series - w.ready)} still learning` : ""}.`)}{" "}
        Unusual values, silence, bursts, and clients that behave as they never did would show here.
      </Empty>
    </section>
  );
}
