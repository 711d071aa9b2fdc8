// How people are told: each channel with how it is doing.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { count } from "../ui/format";
import { Badge } from "../ui/say";
import { Text, visible } from "../ui/text";
import { Ago } from "../ui/time";
import { toast } from "../ui/toast";
import { ChannelDialog } from "./channel-dialog";
import { newChannel, whereTo } from "./channel-form";
import { TestButton } from "./channel-test";
import {
  type Channel,
  type ChannelStatus,
  channelsQuery,
  type Settings,
  saveSettings,
  settingsQuery,
} from "./settings";

export function Channels({ settings }: { settings: Settings }) {
  const change = useMay("settings:write");
  const client = useQueryClient();
  const status = useQuery(channelsQuery);
  const [editing, setEditing] = useState<Channel>();
  const [removing, setRemoving] = useState<Channel>();
  const save = async (channels: Channel[]) => {
    client.setQueryData(settingsQuery.queryKey, await saveSettings({ channels }));
    void client.invalidateQueries({ queryKey: channelsQuery.queryKey });
  };
  return (
    <section className="panel stack" aria-label="Notifications">
      <div className="row apart">
        <div>
          <h2>Notifications</h2>
          <p className="quiet">
            Alerts of medium and above go out at once, within the budget; the others come in the daily digest.
          </p>
        </div>
        {change && (
          <Button look="primary" data-keys="new" onClick={() => setEditing(newChannel("webhook"))}>
            Add channel
          </Button>
        )}
      </div>
      {settings.channels.length === 0 && (
        <p>Nobody is told of alerts yet: they stand on this page, and nowhere else.</p>
      )}
      <ul className="channels">
        {settings.channels.map((c) => (
          <li key={c.id}>
            <div className="stack" style={{ gap: 2 }}>
              <span className="row">
                <strong>
                  <Text>{c.name}</Text>
                </strong>
                {c.enabled ? <Badge tone="good">on</Badge> : <Badge>off</Badge>}
                <span className="quiet small">
                  {c.type}, from {c.min_severity}
                  {c.quiet_hours && `, quiet from ${c.quiet_hours.from} to ${c.quiet_hours.to}`}
                </span>
              </span>
              <span className="mono small">
                <Text>{whereTo(c)}</Text>
              </span>
              <Doing status={status.data?.channels.find((s) => s.id === c.id)} />
            </div>
            {change && (
              <span className="row">
                {c.id && <TestButton id={c.id} name={c.name} />}
                <Button aria-label={`Edit ${visible(c.name)}`} onClick={() => setEditing(c)}>
                  Edit
                </Button>
                <Button look="danger" aria-label={`Delete ${visible(c.name)}`} onClick={() => setRemoving(c)}>
                  Delete
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {editing && (
        <ChannelDialog
          channel={editing}
          place={settings.channels.findIndex((c) => c.id === editing.id)}
          onClose={() => setEditing(undefined)}
          onSave={(now) =>
            save(now.id ? settings.channels.map((c) => (c.id === now.id ? now : c)) : [...settings.channels, now])
          }
        />
      )}
      {removing && (
        <FormDialog
          title="Delete the channel?"
          about={
            <>
              <Text>{removing.name}</Text> gets no more alerts, and what waits for it is thrown away. Its secrets are
              forgotten, so this cannot be undone.
            </>
          }
          verb="Delete channel"
          danger
          onClose={() => setRemoving(undefined)}
          onSubmit={async () => {
            await save(settings.channels.filter((c) => c.id !== removing.id));
            toast(`The channel ${visible(removing.name)} was deleted.`);
          }}
        />
      )}
    </section>
  );
}

function Doing({ status: s }: { status: ChannelStatus | undefined }) {
  if (!s) return null;
  const parts = [
    `${count(s.sent)} sent`,
    s.waiting > 0 && `${count(s.waiting)} waiting`,
    s.held > 0 && `${count(s.held)} held until the quiet hours end`,
    s.failed > 0 && `${count(s.failed)} failed`,
    s.dropped > 0 && `${count(s.dropped)} thrown away`,
  ];
  const broken = s.last_error && (!s.last_success_at || (s.last_error_at ?? "") > s.last_success_at);
  return (
    <>
      <span className="quiet small">
        {parts.filter(Boolean).join(" · ")}
        {s.last_success_at && (
          <>
            {" "}
            · last <Ago at={s.last_success_at} />
          </>
        )}
      </span>
      {broken && (
        <span className="small row">
          <Badge tone="bad">last try failed</Badge>
          <span>
            <Text>{s.last_error ?? ""}</Text>{" "}
            <span className="quiet">
              <Ago at={s.last_error_at} />
            </span>
          </span>
        </span>
      )}
    </>
  );
}
