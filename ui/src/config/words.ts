// The configuration in sentences.
import { many } from "../ui/format";
import type { Effect, Version } from "./state";

// effectWords says what a change does to those who are connected. clients is how many there are, where that is known.
export function effectWords(kind: Effect["kind"], clients: number | null | undefined): string {
  switch (kind) {
    case "none":
      return "The broker does not notice: nothing that it reads changes.";
    case "reload":
      return "The broker reads its files again. Nobody is disconnected.";
    case "restart":
      return restartWords(clients);
  }
}

// restartWords says whom a restart disconnects.
export function restartWords(clients: number | null | undefined): string {
  if (clients === 0) return "Restarts the broker. No client is connected now.";
  const whom = clients == null ? "every client is" : `${many(clients, "client")} ${clients === 1 ? "is" : "are"}`;
  return `Restarts the broker: ${whom} disconnected for about a second.`;
}

const steps: Record<string, string> = {
  checking: "Checking the change",
  trying: "Trying it out on a copy",
  writing: "Writing the files",
  reloading: "Having the broker read them",
  restarting: "Restarting the broker",
  proving: "Proving that the broker does what its files say",
  putting_back: "Putting back what was there before",
  back: "The broker runs with the files from before",
  done: "Done",
  failed: "It did not work",
};

export function stepWords(step: string): string {
  return steps[step] ?? step.replaceAll("_", " ");
}

// scopeWords names a scope as people do.
export function scopeWords(scope: string): string {
  const [kind, ...rest] = scope.split(":");
  const name = rest.join(":");
  switch (kind) {
    case "listener": {
      const at = name.indexOf("@");
      return at < 0 ? `Listener ${name}` : `Listener ${name.slice(0, at)} on ${name.slice(at + 1)}`;
    }
    case "bridge":
      return `Bridge ${name}`;
    case "plugin":
      return `Plugin ${name.slice(name.lastIndexOf("/") + 1)}`;
  }
  return "Whole broker";
}

// listenerScope is the scope of a listener that is yet to be added.
export function listenerScope(port: string, address: string): string {
  return address ? `listener:${port}@${address}` : `listener:${port}`;
}

const sources: Record<Version["source"], string> = {
  change: "change",
  restore: "restored",
  outside: "changed outside",
  start: "found at the start",
  before: "kept before a change",
  import: "import",
};

export function sourceWords(source: Version["source"]): string {
  return sources[source];
}

const states: Record<Version["state"], { words: string; tone: "good" | "notice" | "warning" | "bad" | undefined }> = {
  draft: { words: "draft", tone: "notice" },
  applying: { words: "being applied", tone: "notice" },
  applied: { words: "applied", tone: undefined },
  put_back: { words: "put back", tone: "warning" },
  interrupted: { words: "interrupted", tone: "warning" },
};

export function stateWords(state: Version["state"]) {
  return states[state];
}

export function fileWords(file: Version["file"]): string {
  return file === "broker" ? "mosquitto.conf" : "dynamic security";
}

// backTo is the version that a roll back restores: the one before the live one that the broker ran with. Versions are
// sorted from the newest on.
export function backTo(versions: Version[]): Version | undefined {
  const ofBroker = versions.filter((v) => v.file === "broker");
  const live = ofBroker.findIndex((v) => v.live);
  return live < 0 ? undefined : ofBroker.slice(live + 1).find((v) => v.state === "applied");
}
