// How the page speaks: badges, notices, problems, empty places, skeletons, and snippets to copy.
import { type ReactNode, useEffect, useState } from "react";
import { asProblem } from "../api/problem";
import { Button } from "./button";
import { Icon } from "./icon";
import { Text } from "./text";

export type Tone = "good" | "notice" | "warning" | "bad";

export function Badge({ tone, children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`badge ${tone ?? ""}`} title={title}>
      {tone && <Icon name={tone} size={13} />}
      {children}
    </span>
  );
}

export function Notice({
  tone = "notice",
  children,
  action,
}: {
  tone?: Tone;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`notice-box ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={tone} />
      <div className="stack" style={{ gap: 4, flex: 1 }}>
        {children}
      </div>
      {action}
    </div>
  );
}

// ProblemNotice says what happened, what to do, and under which number our log knows it.
export function ProblemNotice({ problem, retry }: { problem: unknown; retry?: () => void }) {
  const { body } = asProblem(problem);
  return (
    <Notice tone="bad" action={retry && <Button onClick={retry}>Try again</Button>}>
      <strong>{sentence(body.detail)}</strong>
      {body.hint && <div>{sentence(body.hint)}</div>}
      {body.errors.length > 0 && (
        <ul style={{ paddingLeft: 18 }}>
          {body.errors.map((e) => (
            <li key={e.location + e.message}>
              <code>{e.location.replace(/^body\./, "")}</code> {e.message}
            </li>
          ))}
        </ul>
      )}
      {body.request_id && <div className="request">request {body.request_id}</div>}
    </Notice>
  );
}

// sentence begins with a capital letter, unless it begins with the name of a file, a setting or a topic, and ends with a
// full stop.
export function sentence(text: string): string {
  const [first = ""] = text.split(" ", 1);
  const begun = /[_/\d]|\.\w|^[#$]/.test(first) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

export function Empty({ children, action, example }: { children: ReactNode; action?: ReactNode; example?: string }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
      {example && <Snippet text={example} />}
    </div>
  );
}

// Waiting shows grey bars for a second, then says what is awaited, and later that it should have come by then.
export function Waiting({ what, rows = 3 }: { what: string; rows?: number }) {
  const [long, setLong] = useState(false);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timers = [setTimeout(() => setLong(true), 1_000), setTimeout(() => setLate(true), 10_000)];
    return () => timers.forEach(clearTimeout);
  }, []);
  return (
    <div className="stack waiting" role="status" aria-live="polite" style={{ padding: 12 }}>
      {long ? (
        <span className="quiet">
          Waiting for {what}…{late && " It takes longer than usual: BunkerM is busy, or the network is gone."}
        </span>
      ) : (
        Array.from({ length: rows }, (_, i) => (
          <span key={i} className="skeleton" style={{ width: `${80 - ((i * 17) % 40)}%` }} />
        ))
      )}
    </div>
  );
}

// copyText works on plain http too, where browsers offer no clipboard to pages.
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    // Inside a dialog the focus is kept there, so the copy is made from there too.
    (document.activeElement?.closest("[role=dialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), 1500);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <Button icon="copy" onClick={async () => setSaid((await copyText(text)) ? "Copied" : "Select and copy by hand")}>
      <span aria-live="polite">{said || label}</span>
    </Button>
  );
}

// Snippet shows text to copy. What one cannot see in it is drawn as an escape, and copied as it is.
export function Snippet({ text }: { text: string }) {
  return (
    <pre className="snippet">
      <Text lines>{text}</Text>
      <CopyButton text={text} />
    </pre>
  );
}
