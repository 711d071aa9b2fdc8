// One version: how it differs from another one, its texts, and the way back to it.
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import { asProblem } from "../api/problem";
import { useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { SelectField } from "../ui/field";
import { bytes } from "../ui/format";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Segments } from "../ui/segments";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { OutOfReach } from "./banners";
import { DynsecDiff } from "./dynsec-diff";
import { RestoreDynsec } from "./dynsec-restore";
import { FileDiffs } from "./file-diff";
import { type Applied, Review } from "./review";
import type { Live, Version } from "./state";
import { versionQuery } from "./versions";
import { VersionState } from "./versions-tab";
import { fileWords, sourceWords } from "./words";

interface VersionDetailProps {
  id: number;
  live: Live | undefined;
  others: Version[];
  onBack: () => void;
}

export function VersionDetail({ id, live, others, onBack }: VersionDetailProps) {
  const [filters, setFilters] = useFilters();
  const may = useMay("config:write");
  const against = filters.against ?? "previous";
  const found = useQuery(versionQuery(id, against));
  if (found.isPending) return <Waiting what="the version" rows={6} />;
  if (found.isError) {
    const problem = asProblem(found.error);
    return problem.status === 409 ? (
      <OutOfReach problem={problem} />
    ) : (
      <ProblemNotice problem={problem} retry={() => void found.refetch()} />
    );
  }
  const { version, files, diff, dynsec } = found.data;
  if (filters.restore === "1") {
    const leave = () => setFilters({ restore: undefined });
    if (version.file === "dynsec") return <RestoreDynsec version={version} onBack={leave} />;
    return <Restore version={version} files={files} live={live} may={may} onBack={leave} />;
  }
  const comparable = others.filter((v) => v.file === version.file);
  return (
    <div className="stack">
      <div className="row apart">
        <h2 className="row">
          Version {version.id} <VersionState version={version} />
        </h2>
        <span className="row">
          {may && !version.live && (
            <Button look="primary" onClick={() => setFilters({ restore: "1" })}>
              {version.state === "draft" ? "Review and apply" : "Restore…"}
            </Button>
          )}
          <Button onClick={onBack}>All versions</Button>
        </span>
      </div>
      <div className="panel">
        <dl className="facts">
          <dt>File</dt>
          <dd>
            {fileWords(version.file)}, {bytes(version.bytes)}
          </dd>
          <dt>When</dt>
          <dd>
            <Moment at={version.time} />
          </dd>
          <dt>Who</dt>
          <dd>
            {version.actor ? <Text>{version.actor}</Text> : "nobody here"}, {sourceWords(version.source)}
          </dd>
          <dt>Why</dt>
          <dd>
            <Text>{version.comment || "–"}</Text>
          </dd>
        </dl>
        {version.detail && (
          <Notice tone="warning">
            <strong>What the broker said</strong>
            <pre className="said">
              <Text lines>{version.detail}</Text>
            </pre>
          </Notice>
        )}
      </div>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <SelectField
          label="Compared with"
          value={against}
          onChange={(e) => setFilters({ against: e.target.value === "previous" ? undefined : e.target.value }, true)}
        >
          <option value="previous">the one before</option>
          <option value="live">what is live</option>
          {!["previous", "live"].includes(against) && !comparable.some((v) => String(v.id) === against) && (
            <option value={against}>version {against}</option>
          )}
          {comparable.map((v) => (
            <option key={v.id} value={v.id}>
              version {v.id}
              {v.comment && `, ${v.comment.slice(0, 40)}`}
            </option>
          ))}
        </SelectField>
        <Segments
          label="What to show"
          value={filters.show === "files" ? "files" : "changes"}
          options={[
            { value: "changes", label: "Changes" },
            { value: "files", label: "Files" },
          ]}
          onChange={(show) => setFilters({ show: show === "files" ? show : undefined }, true)}
        />
      </div>
      {filters.show === "files" ? (
        files.map((file) => (
          <section key={file.name} className="stack" style={{ gap: 4 }} aria-label={file.name}>
            <h3 className="mono">
              <Text>{file.name}</Text>
            </h3>
            <pre className="value" tabIndex={0}>
              <Text lines>{file.text}</Text>
            </pre>
          </section>
        ))
      ) : found.data.against === "" ? (
        <p className="quiet">There is nothing to compare it with: no version before it is kept.</p>
      ) : version.file === "dynsec" ? (
        dynsec && <DynsecDiff diff={dynsec} />
      ) : (
        <FileDiffs diff={diff} />
      )}
    </div>
  );
}

interface RestoreProps {
  version: Version;
  files: { name: string; text: string }[];
  live: Live | undefined;
  may: boolean;
  onBack: () => void;
}

function Restore({ version, files, live, may, onBack }: RestoreProps) {
  if (!live) return <Waiting what="what is live" />;
  // Files that came after the version go again.
  const gone = live.config.files.filter((f) => f.editable && !files.some((kept) => kept.name === f.name));
  const change = {
    files: [
      ...files.map(({ name, text }) => ({ name, text })),
      ...gone.map(({ name }) => ({ name, text: "", remove: true })),
    ],
  };
  return (
    <Review
      title={version.state === "draft" ? `Apply the draft ${version.id}` : `Restore version ${version.id}`}
      change={change}
      verb={version.state === "draft" ? "Apply" : "Restore"}
      may={may}
      back="Back to the version"
      onBack={onBack}
      apply={async ({ watch }): Promise<Applied> => {
        const { data } = await api.POST("/config/versions/{id}/restore", {
          params: { path: { id: version.id }, header: { "If-Match": live.etag }, query: { watch } },
        });
        return (data as NonNullable<typeof data>).broker;
      }}
      onApplied={() => {}}
    />
  );
}
