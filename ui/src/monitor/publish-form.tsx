// Publishing a message by hand.
import { useState } from "react";
import { api, type Schemas, take } from "../api/client";
import type { Problem } from "../api/problem";
import { FormDialog } from "../ui/dialog";
import { CheckField, SelectField, TextArea, TextField } from "../ui/field";
import { bytes } from "../ui/format";
import { Notice } from "../ui/say";
import { json } from "./payload";

export function PublishForm({ topic: first, onClose }: { topic: string; onClose: () => void }) {
  const [topic, setTopic] = useState(first);
  const [payload, setPayload] = useState("");
  const [encoding, setEncoding] = useState<"utf8" | "base64">("utf8");
  const [qos, setQoS] = useState("1");
  const [retain, setRetain] = useState(false);
  const [done, setDone] = useState<Schemas["Published"]>();
  const [problem, setProblem] = useState<Problem>();
  const looksLikeJSON = /^\s*[[{]/.test(payload);
  const broken = encoding === "utf8" && looksLikeJSON && !json({ payload, encoding });
  const send = async () => {
    setDone(undefined);
    setProblem(undefined);
    setDone(await take(api.POST("/monitor/publish", { body: { topic, payload, encoding, qos: Number(qos), retain } })));
  };
  return (
    <FormDialog
      title="Publish a message"
      about="It is sent by BunkerM's own account, and recorded in the audit by topic, size and checksum."
      verb="Publish"
      closeAfter={false}
      onClose={onClose}
      onSubmit={send}
      onProblem={setProblem}
    >
      <TextField
        label="Topic"
        mono
        required
        value={topic}
        onChange={(e) => setTopic(e.target.value)}
        wrong={problem?.field("topic")}
      />
      <TextArea
        label="Payload"
        mono
        value={payload}
        onChange={(e) => setPayload(e.target.value)}
        wrong={problem?.field("payload")}
        help={broken ? "This looks like JSON and is none. It can be sent all the same." : undefined}
      />
      <div className="row" style={{ alignItems: "flex-end" }}>
        <SelectField
          label="Written as"
          value={encoding}
          onChange={(e) => setEncoding(e.target.value === "base64" ? "base64" : "utf8")}
        >
          <option value="utf8">text</option>
          <option value="base64">base64</option>
        </SelectField>
        <SelectField label="QoS" value={qos} onChange={(e) => setQoS(e.target.value)}>
          <option value="0">0, at most once</option>
          <option value="1">1, at least once</option>
          <option value="2">2, exactly once</option>
        </SelectField>
      </div>
      <CheckField
        label="Retain"
        help="The broker keeps it for those who subscribe later. An empty payload makes it forget what it keeps."
        checked={retain}
        onChange={(e) => setRetain(e.target.checked)}
      />
      {done && (
        <Notice tone={done.acknowledged ? "good" : "notice"}>
          {bytes(done.size_bytes)}{" "}
          {done.acknowledged ? "taken by the broker" : "sent; at QoS 0 the broker does not say whether it took them"}.
          {done.matched === false && " Nobody is subscribed to this topic."}
        </Notice>
      )}
    </FormDialog>
  );
}
