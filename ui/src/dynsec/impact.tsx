// Impact says, before a write, whose sessions it would end.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";
import { asProblem } from "../api/problem";
import { many } from "../ui/format";
import { Notice, sentence } from "../ui/say";
import { Text } from "../ui/text";

export type Planned = Schemas["PlannedWrite"];
export type Cuts = Schemas["ImpactResult"];

const named = 5; // users that are named; the others are counted

export function askImpact(planned: Planned, signal?: AbortSignal): Promise<Cuts> {
  return take(api.POST("/dynsec/impact", { body: planned, signal: signal ?? null }));
}

// useImpact rehearses a write. Null asks nothing.
export function useImpact(planned: Planned | null) {
  return useQuery({
    queryKey: ["dynsec", "impact", planned],
    queryFn: ({ signal }) => askImpact(planned as Planned, signal),
    enabled: planned !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

// Impact shows what a planned write would cut off.
export function Impact({ planned }: { planned: Planned | null }) {
  const impact = useImpact(planned);
  if (planned === null) return null;
  if (impact.isError) {
    const { body } = asProblem(impact.error);
    return (
      <Notice tone="warning">
        {sentence(body.detail)} {body.hint && sentence(body.hint)}
      </Notice>
    );
  }
  if (!impact.data) {
    return (
      <p className="quiet" role="status">
        Asking whom this would disconnect…
      </p>
    );
  }
  return <CutNotice cuts={impact.data} />;
}

// CutNotice says whom a write ends the sessions of.
export function CutNotice({ cuts }: { cuts: Cuts }) {
  const sessions = sessionsOf(cuts);
  if (cuts.restart) {
    return <Notice tone="warning">This restarts the broker and disconnects every client.</Notice>;
  }
  if (cuts.disconnects.length === 0 || sessions === 0) {
    return <Notice tone="good">Nobody who is connected now is disconnected by this.</Notice>;
  }
  const shown = cuts.disconnects.slice(0, named);
  const rest = cuts.disconnects.length - shown.length;
  const sure = cuts.disconnects.every((c) => c.certain);
  return (
    <Notice tone="warning">
      <div>
        {sure ? "This disconnects" : "This may disconnect"}{" "}
        <strong>{sessions === null ? "sessions that cannot be counted" : many(sessions, "session")}</strong> of{" "}
        {shown.map((c, i) => (
          <span key={`${c.anonymous} ${c.username}`}>
            {i > 0 && ", "}
            {c.anonymous ? "anonymous clients" : <span className="mono">{<Text>{c.username}</Text>}</span>}
          </span>
        ))}
        {rest > 0 && ` and ${many(rest, "more client", "more clients")}`}.
      </div>
    </Notice>
  );
}

// sessionsOf counts the sessions that end, null where that is not known of one of them.
export function sessionsOf(cuts: Cuts): number | null {
  let sum = 0;
  for (const { sessions } of cuts.disconnects) {
    if (sessions === null) return null;
    sum += sessions;
  }
  return sum;
}
