// Watching filters: messages as they come, up to five filters at once. Nothing is subscribed to at the broker for this.
import { useState } from "react";
import type { Schemas } from "../api/client";
import { useFilters } from "../frame/link";
import { useChannel } from "../live/live";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { bytes, count } from "../ui/format";
import { Badge, Notice } from "../ui/say";
import { Text } from "../ui/text";
import { Moment } from "../ui/time";
import { why } from "./topic-list";

type Message = Schemas["Topic"] & { time: string; retain: boolean; stored: boolean };

const kept = 500;
const mostFilters = 5;

export function WatchPanel() {
  const [search, setSearch] = useFilters();
  const filters = (search.watch ?? "").split("\n").filter(Boolean);
  const [typed, setTyped] = useState("");
  const [messages, setMessages] = useState<(Message & { n: number })[]>([]);
  const [paused, setPaused] = useState(false);
  const [note, setNote] = useState("");
  const path =
    filters.length > 0 ? `/monitor/watch?${filters.map((f) => `filter=${encodeURIComponent(f)}`).join("&")}` : null;
  useChannel(paused ? null : path, ({ event, data }) => {
    switch (event) {
      case "message":
        setMessages((before) => [{ ...(data as Message), n: (before[0]?.n ?? 0) + 1 }, ...before].slice(0, kept));
        break;
      case "sampled": {
        const { shown, seen } = data as { shown: number; seen: number };
        setNote(`${count(seen)} messages came in the last second, ${count(shown)} of them are shown.`);
        break;
      }
      case "lost":
        setNote(`${count((data as { messages: number }).messages)} messages passed by unseen.`);
        break;
      case "watching":
        setNote(
          (data as { observed: boolean }).observed
            ? ""
            : "Not all of these filters are observed: some or all of their messages are not seen. Settings, Broker says what is.",
        );
        break;
      case "closed":
        setNote((data as { problem?: { detail?: string } }).problem?.detail ?? "");
        break;
    }
  });
  const set = (next: string[]) => setSearch({ watch: next.join("\n") }, true);
  return (
    <section className="panel stack" aria-label="Watch">
      <div className="row apart">
        <h2>Watch live</h2>
        {filters.length > 0 && (
          <div className="row">
            <Button onClick={() => setPaused(!paused)} aria-pressed={paused}>
              {paused ? "Go on" : "Pause"}
            </Button>
            <Button onClick={() => setMessages([])}>Clear</Button>
          </div>
        )}
      </div>
      <form
        className="row"
        style={{ alignItems: "flex-end" }}
        onSubmit={(e) => {
          e.preventDefault();
          if (!typed || filters.includes(typed) || filters.length >= mostFilters) return;
          set([...filters, typed]);
          setTyped("");
        }}
      >
        <div style={{ flex: 1, minWidth: 180 }}>
          <TextField
            label="Topic filter"
            mono
            placeholder="house/+/temperature or house/#"
            value={typed}
            onChange={(e) => setTyped(e.target.value)}
          />
        </div>
        <Button type="submit" disabled={!typed || filters.length >= mostFilters}>
          Watch
        </Button>
      </form>
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
                aria-label={`Stop watching ${f}`}
                onClick={() => set(filters.filter((o) => o !== f))}
              >
                ×
              </button>
            </Badge>
          ))}
        </div>
      )}
      {note && <Notice>{note}</Notice>}
      {filters.length > 0 && messages.length === 0 && <p className="quiet">Waiting for the next message…</p>}
      {messages.length > 0 && (
        <ol className="watched" tabIndex={0} aria-label="Messages, newest first">
          {messages.map((m) => (
            <li key={m.n}>
              <span className="quiet small">
                <Moment at={m.time} />
              </span>
              <span className="mono name">
                <Text>{m.topic}</Text>
              </span>
              <span className="mono">
                {m.payload === null ? (
                  <span className="quiet">{why(m.payload_state)}</span>
                ) : m.encoding === "base64" ? (
                  <span className="quiet">{bytes(m.size_bytes)} that are no text</span>
                ) : (
                  <Text>{m.payload.slice(0, 500)}</Text>
                )}
              </span>
              {m.retain && <Badge>retain</Badge>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
