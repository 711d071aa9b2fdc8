// The palette: one field from which every page, client, session and topic is a few letters away.
import { useQuery } from "@tanstack/react-query";
import { Dialog } from "radix-ui";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { api, take } from "../api/client";
import { useGiveBack } from "../ui/give-back";
import { Text } from "../ui/text";
import { useGo } from "./link";
import { pages } from "./pages";
import { useMe } from "./session";

interface Choice {
  key: string;
  text: string;
  kind: string;
  go: () => void;
}

const patience = 120; // ms without a key before the server is asked

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const q = useLate(text.trim());
  const go = useGo();
  const giveBack = useGiveBack();
  const me = useMe();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const found = useFound(q);
  const choices = useMemo<Choice[]>(() => {
    const may = (permission?: string) => !permission || me?.permissions.includes(permission as never);
    const wanted = text.trim().toLowerCase();
    const words = (p: (typeof pages)[number]) => `${p.title} ${p.group ?? ""} ${p.words ?? ""}`.toLowerCase();
    const toPages = pages
      .filter((p) => p.title && may(p.may) && words(p).includes(wanted))
      .map((p) => ({ key: p.path, text: p.title ?? "", kind: p.key ? `g ${p.key}` : "page", go: () => go(p.path) }));
    const acts = [
      {
        key: "new-client",
        text: "Create client",
        kind: "action",
        may: "dynsec:write",
        go: () => go("/clients", { search: { new: "1" } }),
      },
      {
        key: "new-role",
        text: "Create role",
        kind: "action",
        may: "dynsec:write",
        go: () => go("/roles", { search: { new: "1" } }),
      },
      {
        key: "publish",
        text: "Publish a message",
        kind: "action",
        may: "monitor:publish",
        go: () => go("/topics", { search: { publish: "1" } }),
      },
      ...(
        [
          ["conf-text", "Edit mosquitto.conf as text", { tab: "text" }],
          ["conf-versions", "Versions of the configuration", { tab: "versions" }],
          ["conf-dynsec", "Dynamic security file", { tab: "dynsec" }],
        ] as const
      ).map(([key, text, search]) => ({
        key,
        text,
        kind: "action",
        may: "config:read",
        go: () => go("/admin/config", { search }),
      })),
    ].filter((a) => may(a.may) && a.text.toLowerCase().includes(wanted));
    const things = [
      ...found.clients.map((c) => ({
        key: `c ${c}`,
        text: c,
        kind: "client",
        go: () => go("/clients/$id", { params: { id: c } }),
      })),
      ...found.sessions.map((s) => ({
        key: `s ${s}`,
        text: s,
        kind: "client id",
        go: () => go("/clients/$id", { params: { id: s }, search: { by: "clientid" } }),
      })),
      ...found.topics.map((t) => ({
        key: `t ${t}`,
        text: t,
        kind: "topic",
        go: () => go("/topics", { search: { topic: t } }),
      })),
    ];
    return [...toPages.slice(0, 8), ...acts, ...things];
  }, [text, found, go, me]);
  const current = Math.min(at, choices.length - 1);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${current}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    choice.go();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog palette" onCloseAutoFocus={giveBack} aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Search</Dialog.Title>
          <input
            className="input"
            role="combobox"
            aria-label="Search pages, clients, topics, actions"
            aria-expanded="true"
            aria-controls={id}
            aria-activedescendant={choices.length > 0 ? `${id}-${current}` : undefined}
            placeholder="Pages, clients, topics, actions"
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(e) => {
              setText(e.target.value);
              setAt(0);
            }}
            onKeyDown={(e) => {
              if (e.key === "ArrowDown") setAt(Math.min(choices.length - 1, current + 1));
              else if (e.key === "ArrowUp") setAt(Math.max(0, current - 1));
              else if (e.key === "Enter") choose(choices[current]);
              else return;
              e.preventDefault();
            }}
          />
          <div role="listbox" id={id} aria-label="Found" ref={list}>
            {choices.map((c, i) => (
              <div
                key={c.key}
                id={`${id}-${i}`}
                data-at={i}
                role="option"
                aria-selected={i === current}
                onClick={() => choose(c)}
                onPointerMove={() => setAt(i)}
              >
                <span className="mono">
                  <Text>{c.text}</Text>
                </span>
                <span className="quiet small">{c.kind}</span>
              </div>
            ))}
          </div>
          {choices.length === 0 && (
            <div className="quiet" style={{ padding: 16 }} role="status">
              {found.asking ? "Looking…" : "Nothing is called that."}
            </div>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useLate(value: string): string {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), patience);
    return () => clearTimeout(timer);
  }, [value]);
  return late;
}

// useFound asks the services for what is called q.
function useFound(q: string) {
  const me = useMe();
  const may = (permission: string) => q.length > 0 && (me?.permissions.includes(permission as never) ?? false);
  const query = { q, limit: 6 };
  const clients = useQuery({
    queryKey: ["palette", "clients", q],
    queryFn: ({ signal }) => take(api.GET("/dynsec/clients", { params: { query }, signal })),
    enabled: may("dynsec:read"),
  });
  const sessions = useQuery({
    queryKey: ["palette", "sessions", q],
    queryFn: ({ signal }) => take(api.GET("/monitor/clients", { params: { query }, signal })),
    enabled: may("monitor:read"),
  });
  const topics = useQuery({
    queryKey: ["palette", "topics", q],
    queryFn: ({ signal }) => take(api.GET("/monitor/topics", { params: { query }, signal })),
    enabled: may("monitor:read"),
  });
  return useMemo(
    () => ({
      clients: clients.data?.clients.map((c) => c.username) ?? [],
      sessions: sessions.data?.clients.map((c) => c.clientid) ?? [],
      topics: topics.data?.topics.map((t) => t.topic) ?? [],
      asking: clients.isFetching || sessions.isFetching || topics.isFetching,
    }),
    [clients.data, sessions.data, topics.data, clients.isFetching, sessions.isFetching, topics.isFetching],
  );
}
