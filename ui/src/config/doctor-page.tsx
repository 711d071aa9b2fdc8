// The page Doctor: connects to the broker as a device would, and says at which step it fails and what to change.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, take } from "../api/client";
import { What, Who } from "../clientlogs/event-parts";
import { Link, useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Heading } from "../ui/heading";
import { Badge, Empty, ProblemNotice, Snippet, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago } from "../ui/time";
import {
  commandLine,
  concerned,
  type Diagnosis,
  type Examined,
  listenerWords,
  type Patient,
  patientProblem,
  reachable,
  type Step,
  stepWords,
} from "./doctor";
import { liveQuery } from "./state";

export function Page() {
  const [filters] = useFilters();
  const live = useQuery(liveQuery);
  const [patient, setPatient] = useState<Patient>({
    port: 0,
    username: filters.username ?? "",
    client_id: "",
    topic: filters.topic ?? "",
  });
  const [tried, setTried] = useState(false);
  const examine = useMutation({
    mutationFn: async (body: Patient): Promise<Examined> => ({
      diagnosis: await take(api.POST("/config/doctor", { body })),
      username: body.username,
    }),
  });
  const listeners = live.data ? reachable(live.data.config.listeners) : [];
  const listener = listeners.find((l) => l.port === patient.port) ?? listeners[0];
  const asked: Patient = { ...patient, port: listener?.port ?? 0, ...(!listener?.tls && { host: "" }) };
  const wrong = tried ? patientProblem(asked) : undefined;
  const change = (part: Partial<Patient>) => setPatient({ ...patient, ...part });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (!patientProblem(asked)) examine.mutate(asked);
  };
  return (
    <>
      <Heading title="Doctor">Connects as a device would, and says what fails and what to change.</Heading>
      {live.isPending && <Waiting what="the listeners" />}
      {live.isError && <ProblemNotice problem={live.error} retry={() => void live.refetch()} />}
      {live.data && listeners.length === 0 && (
        <Empty action={<Link to="/admin/config">Configuration</Link>}>
          The broker has no listener that devices can connect to over the network.
        </Empty>
      )}
      {listener && (
        <form className="panel ask" onSubmit={submit}>
          <SelectField
            label="Listener"
            value={listener.port}
            onChange={(e) => change({ port: Number(e.target.value) })}
          >
            {listeners.map((l) => (
              <option key={l.port} value={l.port}>
                {listenerWords(l)}
              </option>
            ))}
          </SelectField>
          {listener.tls && (
            <TextField
              label="Name the device uses"
              mono
              placeholder="that of the certificate"
              value={patient.host ?? ""}
              onChange={(e) => change({ host: e.target.value })}
            />
          )}
          <TextField
            label="Username"
            mono
            placeholder="none"
            value={patient.username}
            onChange={(e) => change({ username: e.target.value })}
          />
          <TextField
            label="Password"
            type="password"
            autoComplete="off"
            value={patient.password ?? ""}
            onChange={(e) => change({ password: e.target.value })}
          />
          <TextField
            label="Client id"
            mono
            placeholder="one of its own"
            value={patient.client_id}
            onChange={(e) => change({ client_id: e.target.value })}
          />
          <TextField
            label="Topic"
            mono
            placeholder="none: only the login"
            value={patient.topic}
            wrong={wrong}
            onChange={(e) => change({ topic: e.target.value })}
          />
          <CheckField
            label="Publish a message to it"
            checked={patient.publish ?? false}
            onChange={(e) => change({ publish: e.target.checked })}
          />
          <Button type="submit" look="primary" busy={examine.isPending}>
            Examine
          </Button>
          {patient.client_id && (
            <p className="quiet small wide">A device that is connected with this client id is disconnected by that.</p>
          )}
        </form>
      )}
      {examine.isError && <ProblemNotice problem={examine.error} />}
      {examine.data && <Report diagnosis={examine.data.diagnosis} tls={listener?.tls ?? false} />}
      {listener && (
        <section className="panel stack" aria-label="From where the device is">
          <h2>From where the device is</h2>
          <p className="quiet">
            This page connects from the broker's own host. What stands between, a firewall or another network, shows
            only from the device's side:
          </p>
          <Snippet text={commandLine(asked, listener, window.location.hostname)} />
        </section>
      )}
      <Refusals examined={examine.data} />
    </>
  );
}

function Report({ diagnosis, tls }: { diagnosis: Diagnosis; tls: boolean }) {
  return (
    <section className="panel stack" aria-label="What was found" aria-live="polite">
      <div className="row apart">
        <h2>{diagnosis.healthy ? "Everything works" : "It fails"}</h2>
        <span className="quiet mono small">
          <Text>{diagnosis.address}</Text>
        </span>
      </div>
      <ol className="steps-found">
        {diagnosis.steps.map((s) => (
          <Found key={s.name} step={s} />
        ))}
      </ol>
      {tls && (
        <p className="quiet small">
          The listener's own certificates were trusted. The device has to have the certificate of the authority that
          signed them.
        </p>
      )}
    </section>
  );
}

const tones = { ok: "good", warning: "warning", failed: "bad" } as const;

function Found({ step }: { step: Step }) {
  return (
    <li>
      <Badge tone={tones[step.state]}>{stepWords[step.name]}</Badge>
      <div>
        <Text>{step.said}</Text> {step.micros >= 1000 && <span className="quiet small">{ms(step.micros)}</span>}
        {step.advice && (
          <div className="advice">
            <Text>{step.advice}</Text>
          </div>
        )}
      </div>
    </li>
  );
}

function ms(micros: number): string {
  return `${Math.round(micros / 1000)} ms`;
}

const fewRefusals = 5;

// Refusals are the broker's last ones: of what was examined, as far as the broker says, or everybody's. Brokers before 2.1 do
// not say who was refused: a device is found by its address and the time.
function Refusals({ examined }: { examined: Examined | undefined }) {
  const [everybody, setEverybody] = useState(false);
  const whom = everybody ? undefined : examined;
  const { data, error, refetch } = useQuery({
    queryKey: ["events", "refusals", whom?.diagnosis.client_id],
    queryFn: ({ signal }) =>
      take(
        api.GET("/config/doctor/refusals", {
          params: { query: { ...(whom && concerned(whom)), limit: fewRefusals } },
          signal,
        }),
      ),
    refetchInterval: 2000,
  });
  const rows = data?.refusals;
  return (
    <section className="panel stack" aria-label="Refused last">
      <div className="row apart">
        <h2>{whom ? "Refused last, of this" : "Refused last"}</h2>
        <div className="row">
          {examined && (
            <Button onClick={() => setEverybody(!everybody)}>{everybody ? "Those of this" : "Everybody's"}</Button>
          )}
          <Link to="/events" search={{ event: "auth_failure,denied" }}>
            All of them
          </Link>
        </div>
      </div>
      {whom && (
        <p className="quiet small">
          With the client id or username that was examined, or from the same address, as far as the broker's log says.
        </p>
      )}
      {error && !data && <ProblemNotice problem={error} retry={() => void refetch()} />}
      {!data && !error && <Waiting what="the last refusals" rows={2} />}
      {rows?.length === 0 && <p className="quiet">{whom ? "The broker's log has none." : "Nobody was refused yet."}</p>}
      {rows && rows.length > 0 && (
        <ul className="refusals">
          {rows.map((e) => (
            <li key={e.id}>
              <Ago at={e.until ?? e.time} />
              <span>
                <Who event={e} />
              </span>
              <span>
                <What event={e} />
                {e.this && <span className="quiet"> — this one</span>}
              </span>
              <span className="mono quiet">
                <Text>{e.address ?? ""}</Text>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
