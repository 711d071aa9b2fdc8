// What is said about watching itself: what was not seen, and why.
import { count } from "../ui/format";

// observedWords says whether all of the filters are seen.
export function observedWords({ observed }: { observed: boolean }): string {
  return observed
    ? ""
    : "Not all of these filters are observed: some or all of their messages are not seen. Settings, Broker says what is.";
}

// noteOf is what an event about the watching itself says; undefined when it says nothing.
export function noteOf(event: string, data: unknown): string | undefined {
  switch (event) {
    case "sampled": {
      const { shown, seen } = data as { shown: number; seen: number };
      return `${count(seen)} messages came in the last second, ${count(shown)} of them are shown.`;
    }
    case "lost":
      return `${count((data as { messages: number }).messages)} messages, of whatever topic, came too fast to be looked at.`;
    case "connection":
      return (data as { connected: boolean }).connected
        ? ""
        : "BunkerM has lost its connection to the broker: what is published now is not seen.";
    case "closed":
      return (data as { problem?: { detail?: string } }).problem?.detail ?? "";
    default:
      return undefined;
  }
}
