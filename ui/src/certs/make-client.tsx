// A client's certificate, and its key, which is in this dialog once and nowhere else.
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import type { Problem } from "../api/problem";
import { Button } from "../ui/button";
import { Dialog, FormDialog } from "../ui/dialog";
import { CheckField, TextField } from "../ui/field";
import { CopyButton, Notice } from "../ui/say";
import { Text } from "../ui/text";
import { fileName } from "./lines";
import { certsKey, type Made } from "./state";

export function MakeClient({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [username, setUsername] = useState("");
  const [days, setDays] = useState("365");
  const [problem, setProblem] = useState<Problem>();
  const [made, setMade] = useState<Made>();
  if (made) return <Keep made={made} onClose={onClose} />;
  const wrongDays = /^\d+$/.test(days) && Number(days) >= 1 && Number(days) <= 3650 ? undefined : "From 1 to 3650.";
  return (
    <FormDialog
      title="Make a client certificate"
      verb="Make"
      disabled={!username || wrongDays !== undefined}
      closeAfter={false}
      onClose={onClose}
      onProblem={setProblem}
      onSubmit={async () => {
        setMade(await take(api.POST("/certs/clients", { body: { username, days: Number(days) } })));
        await queries.invalidateQueries({ queryKey: certsKey });
      }}
    >
      <TextField
        label="Username"
        help="The client that the broker takes its holder for. What it may do is up to its roles."
        autoFocus
        value={username}
        wrong={problem?.field("username")}
        onChange={(e) => {
          setUsername(e.target.value);
          setProblem(undefined);
        }}
      />
      <TextField
        label="Days"
        help="How long it holds. It is not renewed by itself."
        inputMode="numeric"
        value={days}
        wrong={wrongDays}
        onChange={(e) => setDays(e.target.value)}
      />
    </FormDialog>
  );
}

function Keep({ made, onClose }: { made: Made; onClose: () => void }) {
  const [kept, setKept] = useState(false);
  const files: [string, string, BlobPart][] = [
    ["Certificate (PEM)", fileName(made.username, "crt"), made.certificate],
    ["Key (PEM)", fileName(made.username, "key"), made.key],
    ["Authority (PEM)", "ca.pem", made.authority_certificate],
    ["All in one (PKCS#12)", fileName(made.username, "p12"), bytesOf(made.pkcs12)],
  ];
  return (
    <Dialog
      wide
      title={
        <>
          The certificate of <Text>{made.username}</Text>
        </>
      }
      onClose={() => kept && onClose()}
    >
      <div className="stack">
        <Notice tone="warning">The key is here this once. Nobody can look it up later.</Notice>
        <ul className="things tight" aria-label="Downloads">
          {files.map(([what, name, content]) => (
            <li key={name}>
              <span>
                {what} <span className="quiet mono">{name}</span>
              </span>
              <Button onClick={() => save(name, content)}>Download {name}</Button>
            </li>
          ))}
        </ul>
        <div className="secret-line">
          <span>
            Password of the PKCS#12 file{" "}
            <code>
              <Text>{made.pkcs12_password}</Text>
            </code>
          </span>
          <CopyButton text={made.pkcs12_password} label="Copy password" />
        </div>
        <div className="row apart">
          <CheckField label="I have kept the files" checked={kept} onChange={(e) => setKept(e.target.checked)} />
          <Button look="primary" disabled={!kept} onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
}

function save(name: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
