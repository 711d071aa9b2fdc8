// Watching filters: messages as they come, up to five filters at once. Nothing is subscribed to at the broker for this.
import { memo, useState } from "react";
import { useFilters } from "../frame/link";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { bytes, count } from "../ui/format";
import { Badge, Notice, sentence } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Moment } from "../ui/time";
import { why } from "./topic-list";
import { useWatch, type Watched } from "./watch-live";

const mostFilters = 5;
const mostShown = 500; // characters of a message

export function WatchPanel() {
  const [search, setSearch] = useFilters();
  const filters = (search.watch ?? "").split("\n").filter(Boolean).slice(0, mostFilters);
  const [paused, setPaused] = useState(false);
  const { messages, behind, note, clear } = useWatch(filters, paused);
  const set = (next: string[]) => setSearch({ watch: next.join("\n") }, true);
  return (
    <section className="panel stack" aria-label="Watch">
      <div className="row apart">
        <h2>Watch live</h2>
        {filters.length > 0 && (
          <div className="row">
            <Button onClick={() => setPaused(!paused)} aria-pressed={paused}>
              {paused ? `Go on${behind > 0 ? ` (${count(behind)} new)` : ""}` : "Pause"}
            </Button>
            <Button onClick={clear}>Clear</Button>
          </div>
        )}
      </div>
      <AddFilter filters={filters} onAdd={(filter) => set([...filters, filter])} />
      {filters.length > 0 && (
        <div className="row">
          {filters.map((f) => (
            <Badge key={f}>
              <span className="mono">
                <Text>{f}</Text>
              </span>
              <button
                type="button"
                className="bare"
                aria-label={`Stop watching ${visible(f)}`}
                onClick={() => set(filters.filter((other) => other !== f))}
              >
                ×
              </button>
            </Badge>
          ))}
        </div>
      )}
      {note && <Notice>{sentence(note)}</Notice>}
      {filters.length > 0 && messages.length === 0 && (
        <p className="quiet">{paused ? "Paused." : "Waiting for the next message…"}</p>
      )}
      {messages.length > 0 && (
        <ol className="watched" tabIndex={0} aria-label="Messages, newest first">
          {messages.map((m) => (
            <One key={m.n} message={m} />
          ))}
        </ol>
      )}
    </section>
  );
}

function AddFilter({ filters, onAdd }: { filters: string[]; onAdd: (filter: string) => void }) {
  const [typed, setTyped] = useState("");
  const full = filters.length >= mostFilters;
  const there = filters.includes(typed);
  return (
    <form
      className="row add-filter"
      onSubmit={(e) => {
        e.preventDefault();
        if (!typed || there || full) return;
        onAdd(typed);
        setTyped("");
      }}
    >
      <TextField
        label="Topic filter"
        mono
        placeholder="house/+/temperature or house/#"
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
      />
      <Button
        type="submit"
        disabled={!typed || there || full}
        title={full ? `At most ${mostFilters} at once` : undefined}
      >
        Watch
      </Button>
    </form>
  );
}

// One never changes once it is there, so that what comes later does not draw it again.
const One = memo(function One({ message: m }: { message: Watched }) {
  return (
    <li>
      <span className="quiet small">
        <Moment at={m.time} />
      </span>
      <span className="mono name">
        <Text>{m.topic}</Text>
      </span>
      <span className="mono">
        <Content message={m} />
      </span>
      {m.retain && <Badge>retain</Badge>}
      {m.stored && <Badge title="The broker had kept it: it was published earlier">stored</Badge>}
    </li>
  );
});

function Content({ message: m }: { message: Watched }) {
  if (m.payload === null) return <span className="quiet">{why(m.payload_state)}</span>;
  if (m.encoding === "base64") return <span className="quiet">{bytes(m.size_bytes)} that are no text</span>;
  if (m.size_bytes === 0) return <span className="quiet">empty</span>;
  return (
    <>
      <Text>{m.payload.slice(0, mostShown)}</Text>
      {(m.payload.length > mostShown || m.payload_state === "part") && (
        <span className="quiet"> … {bytes(m.size_bytes)} in all</span>
      )}
    </>
  );
}
