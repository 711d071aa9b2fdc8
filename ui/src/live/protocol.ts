// What a tab and the shared worker say to each other.
import type { ChannelEvent, Standing } from "./hub";

export type ToWorker =
  | { say: "want"; path: string }
  | { say: "enough"; path: string }
  | { say: "alive" }
  | { say: "restart" }
  | { say: "bye" };

export type ToTab = { say: "event"; path: string; event: ChannelEvent } | { say: "standing"; standing: Standing };

// A tab says that it is alive this often; browsers slow the timers of hidden tabs to once a minute.
export const aliveEvery = 30_000;
// A tab that was silent for so long is gone: a port does not tell when its tab crashed.
export const goneAfter = 200_000;
