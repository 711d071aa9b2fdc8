// What a client is: the account, or why there is none, and the device behind a client id.
import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { ClientLink } from "../clientlogs/event-parts";
import type { Client } from "../dynsec/objects";
import { Link } from "../frame/link";
import { count } from "../ui/format";
import { Badge, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import type { Subject } from "./who";

interface WhatItIsProps {
  subject: Subject;
  username: string | undefined;
  account: Client | null | undefined;
  problem: unknown;
  device: Schemas["ClientAnswer"] | undefined;
}

export function WhatItIs({ subject, username, account, problem, device }: WhatItIsProps) {
  return (
    <section className="panel">
      <h2>What it is</h2>
      {problem != null && <ProblemNotice problem={problem} />}
      {account === undefined && problem == null && <Waiting what="the account" />}
      {account === null && <p>{noAccount(subject, username)}</p>}
      <dl className="facts">
        {account && <AccountFacts account={account} link={subject.by === "clientid"} />}
        {device && <DeviceFacts device={device} />}
      </dl>
    </section>
  );
}

function noAccount(subject: Subject, username: string | undefined): string {
  if (subject.by === "username") return "No account has this name.";
  if (username === undefined) return "A client id without an account: it connects anonymously, or it never got in.";
  return "Its username has no account any more.";
}

function AccountFacts({ account: a, link }: { account: Client; link: boolean }) {
  return (
    <>
      <dt>Account</dt>
      <dd className="row">
        {link ? (
          <ClientLink username={a.username} />
        ) : (
          <span className="mono">
            <Text>{a.username}</Text>
          </span>
        )}
        {a.disabled ? <Badge tone="warning">disabled</Badge> : <Badge tone="good">enabled</Badge>}
        {a.own && <Badge title="BunkerM's own account, which cannot be changed">own</Badge>}
      </dd>
      {a.textname && (
        <>
          <dt>Name</dt>
          <dd>
            <Text>{a.textname}</Text>
          </dd>
        </>
      )}
      {a.textdescription && (
        <>
          <dt>Description</dt>
          <dd>
            <Text>{a.textdescription}</Text>
          </dd>
        </>
      )}
      <dt>Roles</dt>
      <dd>
        <Names kind="roles" names={a.roles.map((r) => r.rolename)} />
      </dd>
      <dt>Groups</dt>
      <dd>
        <Names kind="groups" names={a.groups.map((g) => g.groupname)} />
      </dd>
      {a.clientid && (
        <>
          <dt>Only client id</dt>
          <dd className="mono">
            <Text>{a.clientid}</Text>
          </dd>
        </>
      )}
    </>
  );
}

function DeviceFacts({ device: d }: { device: Schemas["ClientAnswer"] }) {
  return (
    <>
      <dt>Client id</dt>
      <dd className="mono">
        <Text>{d.client_id}</Text>
      </dd>
      {d.usernames.length > 0 && (
        <>
          <dt>Usernames</dt>
          <dd>{separated(d.usernames.map((u) => (u.text ? <ClientLink username={u.text} /> : "empty")))}</dd>
        </>
      )}
      <dt>First seen</dt>
      <dd>
        <Ago at={d.first_seen} />
      </dd>
      <dt>Sessions</dt>
      <dd>
        {count(d.sessions)}
        {d.reconnects_per_hour > 0 && `, ${count(d.reconnects_per_hour)} of them within the last hour`}
      </dd>
    </>
  );
}

function Names({ kind, names }: { kind: "roles" | "groups"; names: string[] }) {
  if (names.length === 0) return <span className="quiet">none</span>;
  return separated(
    names.map((name) => (
      <Link key={name} to={`/${kind}/$id`} params={{ id: name }}>
        <Text>{name}</Text>
      </Link>
    )),
  );
}

function separated(parts: ReactNode[]): ReactNode {
  return parts.map((part, i) => (
    <span key={i}>
      {i > 0 && ", "}
      {part}
    </span>
  ));
}
