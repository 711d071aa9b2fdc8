// The tab Text: the files as they are, with what is to be said about each line while one types.
import { lazy, Suspense, useState } from "react";
import { useFilters } from "../frame/link";
import { many } from "../ui/format";
import { Badge, Notice, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";
import { Problems, tally } from "./problems";
import type { Config, ConfProblem } from "./state";
import "../style/config-text.css";

const CodeEditor = lazy(() => import("./code-editor"));

interface TextTabProps {
  config: Config; // with the names and rights of the files
  texts: Record<string, string>; // as they would be
  edited: ReadonlySet<string>;
  problems: ConfProblem[];
  checking: boolean;
  failure: unknown; // why it could not be checked
  locked: string;
  onText: (name: string, text: string) => void;
}

export function TextTab(p: TextTabProps) {
  const [filters, setFilters] = useFilters();
  const [jump, setJump] = useState<{ line: number; n: number }>();
  const main = p.config.files[0];
  const file = p.config.files.find((f) => f.name === filters.file) ?? main;
  if (!file) return <Notice>The broker has no configuration file.</Notice>;
  const open = (name: string) => setFilters({ file: name === main?.name ? undefined : name }, true);
  const to = (name: string, line: number) => {
    if (name !== file.name) open(name);
    setJump((before) => ({ line, n: (before?.n ?? 0) + 1 }));
  };
  const locked = p.locked || (file.editable ? "" : (file.why_not ?? "It cannot be changed here"));
  const of = (name: string) => p.problems.filter((problem) => problem.file === name);
  const text = p.texts[file.name] ?? file.text;
  return (
    <div className="files-and-text">
      <nav className="files" aria-label="Files">
        {p.config.files.map((f) => (
          <button
            type="button"
            key={f.name}
            aria-current={f.name === file.name ? "true" : undefined}
            onClick={() => open(f.name)}
          >
            <span className="mono">
              <Text>{f.name}</Text>
            </span>
            <span className="row" style={{ gap: 4 }}>
              {p.edited.has(f.name) && <Badge tone="notice">edited</Badge>}
              {!f.editable && <Badge>read only</Badge>}
              {of(f.name).some((problem) => problem.severity === "error") && <Badge tone="bad">error</Badge>}
            </span>
          </button>
        ))}
      </nav>
      <div className="stack" style={{ minWidth: 0 }}>
        {locked && (
          <Notice>
            <div>
              <Text>{`${locked}.`.replace(/\.\.$/, ".")}</Text> You can read it here.
            </div>
          </Notice>
        )}
        <Suspense fallback={<Waiting what="the editor" rows={12} />}>
          <CodeEditor
            name={file.name}
            text={text}
            readOnly={Boolean(locked)}
            problems={of(file.name)}
            jump={jump}
            onText={(now) => p.onText(file.name, now)}
          />
        </Suspense>
        <div className="row apart quiet small">
          <span>
            {many(text.split("\n").length - (text.endsWith("\n") ? 1 : 0), "line")} · Tab leaves the editor, Ctrl F
            looks in it, Ctrl Z undoes
          </span>
          <span aria-live="polite">
            {p.checking ? "Checking…" : p.problems.length > 0 ? tally(p.problems) : "Nothing to say about it"}
          </span>
        </div>
        {p.failure != null && <ProblemNotice problem={p.failure} />}
        <Problems problems={p.problems} onJump={to} />
      </div>
    </div>
  );
}
