// The page of one client. It answers in the order in which one asks: what it is, whether it is here, why not, what it
// did, what it may do, its topics. An account, a client id without one, and a name that nobody has share it.
import { useMemo } from "react";
import { OpenAlerts } from "../anomaly/open-alerts";
import { EventLines } from "../clientlogs/event-parts";
import { merge } from "../clientlogs/events";
import { useFollow } from "../clientlogs/follow";
import { RecordingNotice } from "../clientlogs/recording-notice";
import { Link, useFilters, useParam } from "../frame/link";
import { useMay } from "../frame/session";
import { Heading } from "../ui/heading";
import { Empty, ProblemNotice } from "../ui/say";
import { Text } from "../ui/text";
import { useNow } from "../ui/time";
import { ClientButtons, ClientDialogs, useActs } from "./client-actions";
import { History, rangeOf } from "./history";
import { IsItHere } from "./is-it-here";
import { useAccount, useDevice, useLatest, useRefusals, useSessions, useStoryEvents, useTopicEvents } from "./load";
import { TopicList } from "./topic-list";
import { WhatItIs } from "./what-it-is";
import { WhatItMay } from "./what-it-may";
import { askedAbout, linkTo, type Subject, subjectOf } from "./who";
import { reasonsFor } from "./why";
import { WhyNot } from "./why-not";

export function Page() {
  const id = useParam("id");
  const [filters] = useFilters();
  const subject = useMemo(() => subjectOf(id, filters.by), [id, filters.by]);
  return <OneClient key={`${subject.by} ${id}`} subject={subject} />;
}

const latestShown = 20;

function OneClient({ subject }: { subject: Subject }) {
  const [filters, setFilters] = useFilters();
  const mayEvents = useMay("clientlogs:read");
  const mayRules = useMay("dynsec:read");
  const sessions = useSessions(subject);
  const device = useDevice(subject);
  // The account behind a client id is that of the username which it named last.
  const open = sessions.data?.clients ?? [];
  const username =
    subject.by === "username"
      ? subject.id
      : open[0]
        ? (open[0].username ?? undefined)
        : device.data?.usernames[0]?.text;
  const clientid = subject.by === "clientid" ? subject.id : open[0]?.clientid;
  const { account, etag, problem } = useAccount(username || undefined);
  const [act, setAct] = useActs(username ?? "", etag);

  const range = rangeOf(filters.range);
  const story = useStoryEvents(subject, range.ms);
  const latest = useLatest(subject);
  const topics = useTopicEvents(subject);
  const tail = useFollow(latest.data ? { ...askedAbout(subject), own: true } : null, latest.data?.after);
  const own = useMemo(() => merge(tail.events, latest.data?.rows ?? []), [tail.events, latest.data]);
  const known = useMemo(() => merge(own, story.data?.events ?? []), [own, story.data]);
  const hints = useMemo(() => known.filter((e) => e.event === "connect").slice(0, 200), [known]);
  const refusals = useRefusals(subject, hints, range.ms);
  const told = useMemo(() => merge(known, refusals), [known, refusals]);

  const here = sessions.data?.known ? open.length > 0 : undefined;
  const reasons = reasonsFor({
    account: problem ? undefined : account,
    named: subject.by === "username",
    here,
    now: useNow(),
    events: known,
    refusals: merge(
      refusals,
      known.filter((e) => e.event === "auth_failure"),
    ),
  });
  const unheard = account === null && here === false && known.length === 0 && latest.isSuccess && story.isSuccess;

  return (
    <div className="stack">
      <Heading
        title={<Text>{subject.id}</Text>}
        name={subject.id}
        actions={account && <ClientButtons account={account} here={here === true} onAct={setAct} />}
      >
        {account?.textname ? <Text>{account.textname}</Text> : subject.by === "clientid" ? "Client id" : "Client"}
      </Heading>
      <RecordingNotice recording={latest.data?.recording} />
      {unheard && device.data === undefined ? (
        <Unheard subject={subject} />
      ) : (
        <>
          <WhyNot reasons={reasons} onAct={setAct} />
          {clientid && <OpenAlerts entity={clientid} title="Strange" />}
          <div className="columns">
            <div className="stack">
              <WhatItIs
                subject={subject}
                username={username}
                account={account}
                problem={problem}
                device={subject.by === "clientid" ? device.data : undefined}
              />
              <IsItHere sessions={sessions} />
            </div>
            {mayRules && account !== undefined && (
              <WhatItMay account={account} clientid={subject.by === "clientid" ? subject.id : undefined} />
            )}
          </div>
          {mayEvents && (
            <History
              subject={subject}
              range={filters.range ?? ""}
              onRange={(next) => setFilters({ range: next }, true)}
              story={story}
              events={told}
              open={open.map((s) => ({
                clientid: s.clientid,
                since: Date.parse(s.connected_at),
                address: s.address ?? "",
              }))}
            />
          )}
          {mayEvents && <TopicList events={topics} />}
          {mayEvents && (
            <section className="panel">
              <div className="row apart">
                <h2>Latest events</h2>
                <Link to="/events" search={linkTo(subject)}>
                  All of its events
                </Link>
              </div>
              {latest.isError && <ProblemNotice problem={latest.error} retry={() => void latest.refetch()} />}
              {latest.data && own.length === 0 && <p className="quiet">None is kept.</p>}
              <EventLines events={own.slice(0, latestShown)} />
            </section>
          )}
        </>
      )}
      {account && <ClientDialogs account={account} etag={etag} act={act} onAct={setAct} />}
    </div>
  );
}

function Unheard({ subject }: { subject: Subject }) {
  const mayWrite = useMay("dynsec:write");
  const what = subject.by === "clientid" ? "client id" : "name";
  return (
    <Empty
      action={
        mayWrite && subject.by === "username" ? (
          <Link className="button primary" to="/clients" search={{ new: "1" }}>
            Create client
          </Link>
        ) : (
          <Link className="button" to="/clients">
            Show all clients
          </Link>
        )
      }
    >
      Nobody of this {what} is known: there is no account, no session and no event.
    </Empty>
  );
}
