// The page Configuration: the broker's files as forms, as text and as versions. What one changes gathers in a draft;
// nothing is written before it was reviewed.
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { api } from "../api/client";
import { asProblem } from "../api/problem";
import { useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Tabs } from "../ui/tabs";
import { Changed, OutOfReach, Pending } from "./banners";
import { useChecking } from "./checking";
import { bodyOf, type Clash, type Draft, howMany, rebase, tidy } from "./draft";
import { DynsecTab } from "./dynsec-tab";
import { Leaving } from "./leaving";
import { ProcessButtons } from "./process";
import { Review } from "./review";
import { RollBack } from "./roll-back";
import { SettingsTab } from "./settings-tab";
import { type ChangedEvent, type Live, liveQuery, useNews } from "./state";
import { TextTab } from "./text-tab";
import { VersionsTab } from "./versions-tab";
import "../style/config.css";

const tabs = [
  ["settings", "Settings"],
  ["text", "Text"],
  ["dynsec", "Dynamic security file"],
  ["versions", "Versions"],
] as const;

type Tab = (typeof tabs)[number][0];

export function Page() {
  const [filters] = useFilters();
  const tab: Tab = tabs.find(([name]) => name === filters.tab)?.[0] ?? "settings";
  const live = useQuery(liveQuery);
  const write = useMay("config:write");
  const [outside, setOutside] = useState<ChangedEvent[]>([]);
  useNews((event) => setOutside((before) => [...before.filter((e) => e.file !== event.file), event]));
  const [draft, setDraft] = useState<Draft>();
  const [clashes, setClashes] = useState<Clash[]>([]);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => draft !== undefined && current.pathname !== next.pathname,
    enableBeforeUnload: draft !== undefined,
    withResolver: true,
  });
  const config = live.data?.config;
  const problem = live.isError ? asProblem(live.error) : undefined;
  return (
    <>
      <Heading
        title="Configuration"
        actions={
          config?.allowed.process && (
            <>
              <RollBack />
              <ProcessButtons />
            </>
          )
        }
      >
        {config
          ? `What Mosquitto${config.broker && ` ${config.broker}`} reads${config.version > 0 ? `, version ${config.version}` : ""}. Nothing is written before you have reviewed it.`
          : "What Mosquitto reads."}
      </Heading>
      <div className="stack">
        <Tabs to="/admin/config" label="Parts of the configuration" at={tab} tabs={tabs} />
        {config?.pending && <Pending pending={config.pending} allowed={config.allowed} />}
        {outside.map((event) => (
          <Changed
            key={event.file}
            event={event}
            onClose={() => setOutside((before) => before.filter((e) => e.file !== event.file))}
          />
        ))}
        {config && !write && <Notice>Your role may see the configuration. An admin can change it.</Notice>}
        {config && write && !config.allowed.write && (
          <Notice tone="warning">{config.allowed.why_not || "The files cannot be changed here."}</Notice>
        )}
        {problem?.status === 409 && <OutOfReach problem={problem} />}
        {tab === "dynsec" && problem?.status !== 409 && <DynsecTab />}
        {tab === "versions" && problem?.status !== 409 && <VersionsTab live={live.data} />}
        {(tab === "settings" || tab === "text") && (
          <>
            {live.isPending && <Waiting what="the configuration" rows={8} />}
            {problem && problem.status !== 409 && !live.data && (
              <ProblemNotice problem={problem} retry={() => void live.refetch()} />
            )}
            {live.data && (
              <Work
                tab={tab}
                live={live.data}
                draft={draft}
                clashes={clashes}
                onDraft={(now, met = []) => {
                  setDraft(now);
                  setClashes(met);
                }}
              />
            )}
          </>
        )}
      </div>
      {blocker.status === "blocked" && draft && (
        <Leaving what={howMany(draft)} onStay={blocker.reset} onLeave={blocker.proceed} />
      )}
    </>
  );
}

interface WorkProps {
  tab: "settings" | "text";
  live: Live;
  draft: Draft | undefined;
  clashes: Clash[];
  onDraft: (draft: Draft | undefined, clashes?: Clash[]) => void;
}

// Work is both ways to change mosquitto.conf, and the review of what was changed.
function Work({ tab, live, draft, clashes, onDraft }: WorkProps) {
  const [filters, setFilters] = useFilters();
  const review = filters.review === "1";
  const { checked, failure, busy } = useChecking(draft, review);
  const { allowed } = live.config;
  const locked = allowed.write ? "" : allowed.why_not || "Only an admin can change it";
  const edits = draft?.kind === "settings" ? draft.edits : [];
  const drifted = draft !== undefined && draft.base.etag !== live.etag;
  const back = useCallback(() => setFilters({ review: undefined }, true), [setFilters]);
  const stale = drifted && (
    <Changed
      base={draft.base}
      live={live}
      onGoOn={() => {
        const moved = rebase(draft, live);
        onDraft(moved.draft, moved.clashes);
      }}
    />
  );
  // A draft that is gone was applied or kept: the review stays to say so until one goes back.
  const [reviewed, setReviewed] = useState<Draft>();
  const under = draft ?? reviewed;
  const nothing = review && !under; // an address that somebody kept, of a draft that is gone
  useEffect(() => {
    if (nothing) back();
  }, [nothing, back]);
  if (review && under) {
    return (
      <Review
        key={under.base.etag}
        title={under.kind === "settings" ? `Review ${howMany(under)}` : "Review the text"}
        change={bodyOf(under)}
        commentable
        draftable
        verb="Apply"
        may={allowed.write}
        back={tab === "text" ? "Back to the text" : "Back to the settings"}
        onBack={() => {
          setReviewed(undefined);
          back();
        }}
        stale={stale || undefined}
        apply={async ({ comment, draft: keep, watch }) => {
          const { data } = await api.PUT("/config/broker", {
            params: {
              header: { "If-Match": under.base.etag },
              query: { apply: !keep, watch },
            },
            body: bodyOf(under, comment),
          });
          return data as NonNullable<typeof data>;
        }}
        onApplied={() => {
          setReviewed(under);
          onDraft(undefined);
        }}
      />
    );
  }
  const asText = draft?.kind === "settings" ? checked?.files : undefined;
  const texts: Record<string, string> = Object.fromEntries(
    live.config.files.map((f) => [f.name, asText?.find((a) => a.name === f.name)?.text ?? f.text]),
  );
  if (draft?.kind === "texts") Object.assign(texts, draft.texts);
  const wrong = checked?.problems.filter((p) => p.severity === "error").length ?? 0;
  return (
    <>
      {stale}
      {clashes.map((clash) => (
        <Notice key={clash.file} tone="warning">
          {clash.file}: both of you changed {clash.lines === 1 ? "1 line" : `${clash.lines} lines`}; yours stayed.
          Review shows what it comes to.
        </Notice>
      ))}
      {tab === "settings" && draft?.kind === "texts" && (
        <Notice action={<Button onClick={() => onDraft(undefined)}>Discard</Button>}>
          <strong>{howMany(draft)} as text, not applied yet.</strong>
          <div>The forms show what is live. Apply the text or discard it to change settings here.</div>
        </Notice>
      )}
      {tab === "settings" && failure && <ProblemNotice problem={failure} />}
      {tab === "settings" ? (
        <SettingsTab
          config={live.config}
          edits={edits}
          checked={checked}
          locked={locked || (draft?.kind === "texts" ? "The text has changes that are not applied" : "")}
          onEdits={(change) =>
            onDraft(tidy({ kind: "settings", base: draft?.base ?? live, edits: change(edits) }), clashes)
          }
        />
      ) : draft?.kind === "settings" && !asText ? (
        failure ? (
          <ProblemNotice problem={failure} />
        ) : (
          <Waiting what="the text with your changes" rows={12} />
        )
      ) : (
        <TextTab
          config={live.config}
          texts={texts}
          edited={new Set(live.config.files.filter((f) => texts[f.name] !== f.text).map((f) => f.name))}
          problems={draft ? (checked?.problems ?? []) : live.config.problems}
          checking={busy}
          failure={failure}
          locked={locked}
          onText={(name, text) => {
            const before = draft?.kind === "texts" ? draft.texts : changedOnly(texts, live);
            onDraft(tidy({ kind: "texts", base: draft?.base ?? live, texts: { ...before, [name]: text } }), clashes);
          }}
        />
      )}
      {draft && (
        <div className="draft-bar" role="region" aria-label="Your changes">
          <span>
            <strong>{howMany(draft)}</strong> <span className="quiet">not written yet</span>
            {wrong > 0 && <span className="wrong-count"> · {wrong === 1 ? "1 error" : `${wrong} errors`}</span>}
          </span>
          <span className="row">
            <Button onClick={() => onDraft(undefined)}>Discard</Button>
            <Button look="primary" onClick={() => setFilters({ review: "1" })}>
              Review
            </Button>
          </span>
        </div>
      )}
    </>
  );
}

// changedOnly are the texts that differ from what is live: settings that were changed before one went on as text.
function changedOnly(texts: Record<string, string>, live: Live): Record<string, string> {
  return Object.fromEntries(
    live.config.files.flatMap((f) => (texts[f.name] === f.text ? [] : [[f.name, texts[f.name] ?? ""]])),
  );
}
