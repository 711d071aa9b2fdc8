// API keys besides the primary one: each has a name, a role and, if wanted, an end.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { address, api, type Schemas, take } from "../api/client";
import type { Problem } from "../api/problem";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { Badge, Notice, ProblemNotice, Snippet, Waiting } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Ago, Until, useNow } from "../ui/time";
import { toast } from "../ui/toast";
import { RoleChoice } from "./role-choice";
import { ShownOnce } from "./shown-once";
import { type KeyRole, keyRoles } from "./words";

type Key = Schemas["APIKey"];

const queryKey = ["auth", "keys"];

export function FurtherKeys() {
  const client = useQueryClient();
  const now = useNow();
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Key>();
  const keys = useQuery({ queryKey, queryFn: ({ signal }) => take(api.GET("/auth/keys", { signal })) });
  const ended = (key: Key) => key.expires !== null && Date.parse(key.expires) <= now;
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>Further API keys</h2>
        <Button data-keys="new" onClick={() => setCreating(true)}>
          Create key
        </Button>
      </div>
      <p className="quiet">
        Give each program a key of its own that may do no more than it needs. Then one can be taken away without
        touching the others.
      </p>
      {keys.isPending && <Waiting what="the keys" />}
      {keys.isError && <ProblemNotice problem={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.total === 0 && <p>There is none yet.</p>}
      {keys.data && keys.data.total > 0 && (
        <ul className="things">
          {keys.data.keys.map((key) => (
            <li key={key.id}>
              <div>
                <div className="row">
                  <strong>
                    <Text>{key.name}</Text>
                  </strong>
                  <Badge>{key.role}</Badge>
                  {ended(key) && <Badge tone="warning">expired</Badge>}
                </div>
                <div className="quiet small">
                  created <Ago at={key.created} /> by <Text>{key.creator}</Text>,{" "}
                  {key.last_used ? (
                    <>
                      last used <Ago at={key.last_used} />
                    </>
                  ) : (
                    "never used"
                  )}
                  ,{" "}
                  {key.expires ? (
                    <>
                      {ended(key) ? "ended" : "ends"} <Until at={key.expires} />
                    </>
                  ) : (
                    "does not end by itself"
                  )}
                </div>
              </div>
              <Button look="danger" aria-label={`Delete the key ${visible(key.name)}`} onClick={() => setDeleting(key)}>
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      {creating && <CreateKey onClose={() => setCreating(false)} />}
      {deleting && (
        <FormDialog
          title={
            <>
              Delete the key <Text>{deleting.name}</Text>
            </>
          }
          verb="Delete key"
          danger
          onClose={() => setDeleting(undefined)}
          onSubmit={async () => {
            await api.DELETE("/auth/keys/{id}", { params: { path: { id: deleting.id } } });
            toast(`Deleted the key ${deleting.name}.`);
            await client.invalidateQueries({ queryKey });
          }}
        >
          <Notice tone="warning">
            What uses it is refused at once. It cannot be brought back; a new key has another secret.
            {deleting.last_used && (
              <div>
                It was last used <Ago at={deleting.last_used} />.
              </div>
            )}
          </Notice>
        </FormDialog>
      )}
    </section>
  );
}

const lifetimes: Record<string, string> = { "": "Never", 30: "In 30 days", 90: "In 90 days", 365: "In a year" };
const day = 86_400_000;

function CreateKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<KeyRole>("viewer");
  const [days, setDays] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Schemas["KeyWithSecret"]>();
  if (made) {
    const where = made.key.role === "metrics" ? address("metrics") : address("api/monitor/stats");
    return (
      <ShownOnce
        title={
          <>
            Created the key <Text>{made.key.name}</Text>
          </>
        }
        what="key"
        secret={made.secret}
        onClose={onClose}
      >
        <h3>Try it</h3>
        <Snippet text={`curl -H 'X-API-Key: ${made.secret}' ${where}`} />
      </ShownOnce>
    );
  }
  return (
    <FormDialog
      title="Create an API key"
      verb="Create key"
      disabled={!name}
      closeAfter={false}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={async () => {
        const expires = days ? { expires: new Date(Date.now() + Number(days) * day).toISOString() } : {};
        setMade(await take(api.POST("/auth/keys", { body: { name, role, ...expires } })));
        await client.invalidateQueries({ queryKey });
      }}
    >
      <TextField
        label="Name"
        autoFocus
        placeholder="grafana"
        help="What it is for. The audit shows it."
        value={name}
        wrong={problem?.field("name") ?? (problem?.status === 409 ? "There is a key of this name." : undefined)}
        onChange={(e) => {
          setName(e.target.value);
          setProblem(undefined);
        }}
      />
      <RoleChoice roles={keyRoles} value={role} onChange={setRole} />
      <SelectField label="Ends by itself" value={days} onChange={(e) => setDays(e.target.value)}>
        {Object.entries(lifetimes)
          .sort(([a], [b]) => Number(a) - Number(b))
          .map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
      </SelectField>
    </FormDialog>
  );
}
