// Where a channel goes, by its type.
import { useState } from "react";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Notice } from "../ui/say";
import { addressesOf } from "./channel-form";
import type { Channel } from "./settings";

interface ChannelFieldsProps {
  channel: Channel;
  set: (change: Partial<Channel>) => void;
  wrong: (name: string) => string | undefined;
}

export function ChannelFields(p: ChannelFieldsProps) {
  switch (p.channel.type) {
    case "webhook":
      return <WebhookFields {...p} />;
    case "email":
      return <EmailFields {...p} />;
    case "mqtt":
      return <MqttFields {...p} />;
    default:
      return <ChatFields {...p} />;
  }
}

const kept = "«unchanged» keeps what is stored.";

function WebhookFields({ channel: { webhook }, set, wrong }: ChannelFieldsProps) {
  if (!webhook) return null;
  return (
    <>
      <TextField
        label="Address"
        help={`http or https; each alert is a POST of JSON. It is shown up to its host only: ${kept}`}
        mono
        placeholder="https://hooks.example.com/bunkerm"
        value={webhook.url}
        wrong={wrong("webhook.url")}
        onChange={(e) => set({ webhook: { ...webhook, url: e.target.value } })}
      />
      <TextField
        label="Secret"
        help={`Signs each message (HMAC-SHA256 in X-BunkerM-Signature). Empty: not signed. ${kept}`}
        type="password"
        autoComplete="new-password"
        value={webhook.secret}
        wrong={wrong("webhook.secret")}
        onChange={(e) => set({ webhook: { ...webhook, secret: e.target.value } })}
      />
    </>
  );
}

function EmailFields({ channel: { email }, set, wrong }: ChannelFieldsProps) {
  const [to, setTo] = useState(email?.to.join(", ") ?? "");
  if (!email) return null;
  const change = (now: Partial<typeof email>) => set({ email: { ...email, ...now } });
  return (
    <>
      <div className="pair">
        <TextField
          label="Mail server"
          mono
          placeholder="smtp.example.com"
          value={email.host}
          wrong={wrong("email.host")}
          onChange={(e) => change({ host: e.target.value })}
        />
        <TextField
          label="Port"
          type="number"
          min={1}
          max={65535}
          value={String(email.port)}
          wrong={wrong("email.port")}
          onChange={(e) => change({ port: Number(e.target.value) })}
        />
      </div>
      <SelectField
        label="Encryption"
        value={email.tls}
        onChange={(e) => {
          const tls = e.target.value as typeof email.tls;
          change({ tls, ...(tls === "implicit" && email.port === 587 && { port: 465 }) });
        }}
      >
        <option value="starttls">STARTTLS, mostly port 587</option>
        <option value="implicit">TLS from the start, mostly port 465</option>
        <option value="none">none</option>
      </SelectField>
      {email.tls === "none" && (
        <Notice tone="warning">Everybody on the way can read the mails, and the password too.</Notice>
      )}
      <div className="pair">
        <TextField
          label="Username"
          help="Empty: without logging in."
          value={email.username}
          wrong={wrong("email.username")}
          onChange={(e) => change({ username: e.target.value })}
        />
        <TextField
          label="Password"
          help={kept}
          type="password"
          autoComplete="new-password"
          value={email.password}
          wrong={wrong("email.password")}
          onChange={(e) => change({ password: e.target.value })}
        />
      </div>
      <TextField
        label="Sender"
        placeholder="bunkerm@example.com"
        value={email.from}
        wrong={wrong("email.from")}
        onChange={(e) => change({ from: e.target.value })}
      />
      <TextField
        label="Receivers"
        help="Up to 20 addresses, with commas between them."
        value={to}
        wrong={wrong("email.to")}
        onChange={(e) => {
          setTo(e.target.value);
          change({ to: addressesOf(e.target.value) });
        }}
      />
    </>
  );
}

function MqttFields({ channel: { mqtt }, set, wrong }: ChannelFieldsProps) {
  if (!mqtt) return null;
  return (
    <>
      <div className="pair">
        <TextField
          label="Topic"
          help="On this broker; the payload is JSON."
          mono
          value={mqtt.topic}
          wrong={wrong("mqtt.topic")}
          onChange={(e) => set({ mqtt: { ...mqtt, topic: e.target.value } })}
        />
        <SelectField
          label="Quality of service"
          value={String(mqtt.qos)}
          onChange={(e) => set({ mqtt: { ...mqtt, qos: Number(e.target.value) } })}
        >
          <option value="0">0, at most once</option>
          <option value="1">1, at least once</option>
          <option value="2">2, exactly once</option>
        </SelectField>
      </div>
      <CheckField
        label="Retain"
        help="Whoever subscribes later gets the last alert."
        checked={mqtt.retain}
        onChange={(e) => set({ mqtt: { ...mqtt, retain: e.target.checked } })}
      />
    </>
  );
}

function ChatFields({ channel: { chat }, set, wrong }: ChannelFieldsProps) {
  if (!chat) return null;
  return (
    <TextField
      label="Address"
      help={`ntfy://host/topic, gotify://host/token, telegram://token@telegram?chats=id, discord://token@id, mattermost://host/token, pushover://shoutrrr:token@user, or the https address that Slack, Discord or Microsoft Teams give for a webhook. ${kept}`}
      mono
      value={chat.url}
      wrong={wrong("chat.url")}
      onChange={(e) => set({ chat: { url: e.target.value } })}
    />
  );
}
