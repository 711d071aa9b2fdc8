// The broker's state as a sentence, on every page; and whether news are coming at all.
import { useStanding } from "../live/live";
import { useStats } from "../monitor/stats";
import { ago, count, many, span } from "../ui/format";
import { Badge } from "../ui/say";
import { useNow } from "../ui/time";
import { useMay } from "./session";

export function BrokerSentence() {
  return useMay("monitor:read") ? <Known /> : <div className="sentence" />;
}

function Known() {
  const { data, isError } = useStats();
  const standing = useStanding();
  if (!data) {
    return <div className="sentence quiet">{isError ? "BunkerM does not answer" : "Asking about the broker…"}</div>;
  }
  const { broker, clients } = data;
  const old = standing.state === "lost" || standing.state === "ended";
  const running = broker.state === "running";
  return (
    <div className={`sentence ${old ? "quiet" : ""}`} title={[broker.detail, broker.hint].filter(Boolean).join(". ")}>
      <Badge tone={running ? "good" : broker.state === "starting" ? "warning" : "bad"}>
        {broker.state === "unreachable"
          ? "Not reachable"
          : broker.state.charAt(0).toUpperCase() + broker.state.slice(1)}
      </Badge>{" "}
      {running && (
        <span className="not-phone">
          {broker.version && `Mosquitto ${broker.version}`}
          {broker.uptime_seconds != null && ` · up ${span(broker.uptime_seconds)}`}
        </span>
      )}{" "}
      {running && clients.connected != null && (
        <span title={`${count(clients.connected)} connected`}>· {many(clients.connected, "client")}</span>
      )}
      {!running && <span>{broker.detail}</span>}
    </div>
  );
}

// StreamState says when news do not come, since when, and that we try.
export function StreamState() {
  const { state, since } = useStanding();
  const now = useNow();
  if (state !== "lost") return null;
  return (
    <span role="status">
      <Badge tone="warning">
        <span className="not-phone">No connection to BunkerM, trying again · </span>lost{" "}
        {ago(since, Math.max(now, since))}
      </Badge>
    </span>
  );
}
