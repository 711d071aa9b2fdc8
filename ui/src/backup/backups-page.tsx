// The page Backups: how old the latest one is, those of the last nights, one to take away, and how one is brought back.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { address, api, type Schemas, take } from "../api/client";
import { Button } from "../ui/button";
import { bytes, many } from "../ui/format";
import { Heading } from "../ui/heading";
import { Empty, Notice, ProblemNotice, Snippet, sentence, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Ago, Moment, Until } from "../ui/time";
import { toast, toastProblem } from "../ui/toast";

const key = ["system", "backups"];

export function Page() {
  const cache = useQueryClient();
  const kept = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => take(api.GET("/system/backups", { signal })),
    refetchInterval: 60_000,
  });
  const now = useMutation({
    mutationFn: () => take(api.POST("/system/backups")),
    onSuccess: (made) => {
      cache.setQueryData(key, made);
      toast("A backup is made.");
    },
    onError: (problem) => {
      toastProblem(problem);
      void kept.refetch(); // what has failed is told there too
    },
  });
  const k = kept.data;
  return (
    <div className="stack">
      <Heading
        title="Backups"
        actions={
          <>
            <a className="button" href={address("api/system/backup")} download>
              Download one
            </a>
            {k !== undefined && k.keep > 0 && (
              <Button look="primary" data-keys="new" busy={now.isPending} onClick={() => now.mutate()}>
                Back up now
              </Button>
            )}
          </>
        }
      >
        One file has everything that this installation needs to come back. Whoever has it can do whatever this
        installation can.
      </Heading>
      {kept.isPending && <Waiting what="the backups" rows={6} />}
      {kept.isError && <ProblemNotice problem={kept.error} retry={() => void kept.refetch()} />}
      {k?.detail && (
        <Notice tone="bad">
          <strong>The last backup has failed.</strong>
          <div>
            <Text>{sentence(k.detail)}</Text> {k.hint && <Text>{sentence(k.hint)}</Text>}
          </div>
        </Notice>
      )}
      {k && (
        <div className="columns">
          <Nightly kept={k} />
          <ComeBack kept={k} />
        </div>
      )}
    </div>
  );
}

function Nightly({ kept }: { kept: Schemas["Kept"] }) {
  const latest = kept.backups[0];
  return (
    <section className="panel stack" aria-labelledby="nightly">
      <h2 id="nightly">Every night</h2>
      <dl className="facts">
        <dt>Latest</dt>
        <dd>{latest ? <Ago at={latest.time} /> : "none yet"}</dd>
        <dt>Next</dt>
        <dd>{kept.next ? <Until at={kept.next} /> : "never: --backup-keep is 0"}</dd>
        <dt>Kept</dt>
        <dd>at most {many(kept.keep, "backup")}, on this host’s disk and not sealed</dd>
        <dt>Folder</dt>
        <dd className="mono">
          <Text>{kept.folder}</Text>
        </dd>
      </dl>
      {kept.outside.length > 0 && (
        <Notice tone="warning">
          <strong>Not in them, because it is not in the data directory:</strong>
          {kept.outside.map((file) => (
            <div key={file} className="mono small">
              <Text>{file}</Text>
            </div>
          ))}
        </Notice>
      )}
      {kept.backups.length === 0 && kept.keep > 0 && (
        <Empty example="bunkerm backup --to bunkerm.tar.gz">None is kept yet. The first one is made tonight.</Empty>
      )}
      {kept.backups.length > 0 && (
        <ul className="things" aria-label="Backups">
          {kept.backups.map((b) => (
            <li key={b.name}>
              <div>
                <div className="mono small">
                  <Text>{b.name}</Text>
                </div>
                <div className="quiet small">
                  <Moment at={b.time} />, {bytes(b.bytes)}
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ComeBack({ kept }: { kept: Schemas["Kept"] }) {
  const file = kept.backups[0] ? `${kept.folder}/${kept.backups[0].name}` : "bunkerm.tar.gz";
  return (
    <section className="panel stack" aria-labelledby="come-back">
      <h2 id="come-back">To come back</h2>
      <p>
        On a new host, or with an empty data directory. What is in the file is compared with what it says of itself
        before anything is changed.
      </p>
      <Snippet text={`bunkerm restore ${file}\nbunkerm serve`} />
      <p className="quiet small">
        With <code>--replace</code> there may be something in the data directory already: it is kept beside it. A disk
        that breaks takes these files with it, so copy one elsewhere, sealed with a passphrase:
      </p>
      <Snippet text="bunkerm backup --passphrase --to bunkerm.tar.gz.age" />
    </section>
  );
}
