// Why a client is not here, or is here and yet does not work: in sentences, each with what can be done about it.
import type { Schemas } from "../api/client";
import { advise, checkFor, type Event, inOneLine } from "../clientlogs/words";
import type { Tone } from "../ui/say";

export type Remedy = "create" | "enable" | "password" | "connect" | "edit";

export interface Reason {
  tone: Tone;
  text: string;
  about?: Event; // whose sentence and time follow the text
  advice?: string | undefined;
  remedy?: Remedy;
  check?: Record<string, string>; // the question to the access check
}

export interface Known {
  account: Schemas["Client"] | null | undefined; // null: none; undefined: not known
  named: boolean; // by a username, so that an account is needed
  here: boolean | undefined;
  events: Event[]; // of the client itself, the newest first
  now: number; // epoch ms
  refusals: Event[]; // perhaps of the client, the newest first
}

const recently = 24 * 3_600_000; // ms for which a denial is worth a word

// reasonsFor says what is the matter, what explains most in front.
export function reasonsFor({ account, named, here, now, events, refusals }: Known): Reason[] {
  const reasons: Reason[] = [];
  if (here === false) {
    if (account?.disabled) {
      reasons.push({
        tone: "warning",
        text: "Its account is disabled, so the broker lets it in no more.",
        remedy: "enable",
      });
    }
    if (named && account === null) {
      reasons.push({
        tone: "warning",
        text: "No account has this name, so nobody can log in with it.",
        remedy: "create",
      });
    }
    const lastCame = events.find((e) => e.event === "connect");
    const refusal = refusals.find((e) => !lastCame || e.id > lastCame.id);
    if (refusal) reasons.push(refusedBy(refusal, account));
    const end = events.find((e) => e.event === "disconnect" || e.event === "takeover");
    if (end) reasons.push({ tone: toneOf(end), text: "Last time it", about: end, advice: advise(end) });
    else if (!lastCame && account && !account.disabled) {
      reasons.push({ tone: "notice", text: "It has not connected as long as events are kept.", remedy: "connect" });
    }
  }
  if (account && account.roles.length === 0 && account.groups.length === 0) {
    reasons.push({
      tone: "notice",
      text: "It carries no role and is in no group, so only the default access says what it may do.",
      remedy: "edit",
    });
  }
  const denial = events.find((e) => e.event === "denied" && Date.parse(e.until ?? e.time) > now - recently);
  if (denial) {
    const check = checkFor(denial);
    reasons.push({ tone: "warning", text: "It was", about: denial, advice: advise(denial), ...(check && { check }) });
  }
  return reasons;
}

function refusedBy(refusal: Event, account: Known["account"]): Reason {
  const sure = Boolean(refusal.client_id || refusal.username);
  const text = sure ? "The broker" : "The broker, which does not say whom, at an address that this client used,";
  const reason: Reason = { tone: "bad", text, about: refusal, advice: advise(refusal) };
  if (!account || account.disabled || refusal.reason !== "not_authorized") return reason;
  if (account.clientid) {
    reason.advice = `The password is wrong, or it did not use the client id that its account is bound to.`;
  } else reason.advice = "Most likely it has a wrong password.";
  return { ...reason, remedy: "password" };
}

function toneOf(end: Event): Tone {
  if (end.reason === "client_disconnected" || end.reason === "broker_stopped") return "notice";
  return end.reason === "unknown" || end.reason === "kicked" || end.event === "takeover" ? "notice" : "warning";
}

// saidOf is a reason as plain text.
export function saidOf(reason: Reason): string {
  return reason.about ? `${reason.text} ${inOneLine(reason.about)}` : reason.text;
}
