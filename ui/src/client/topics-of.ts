// The topics of a client, counted together from its events.
import type { Event } from "../clientlogs/words";

export interface TopicUse {
  topic: string;
  published: number; // messages
  lastPublished: string | undefined;
  subscribed: boolean; // the newest of its subscriptions and unsubscriptions says so
  lastSubscribed: string | undefined;
  qos: number | undefined; // that was granted
}

// topicsOf takes events with the newest first.
export function topicsOf(events: Event[]): TopicUse[] {
  const all = new Map<string, TopicUse>();
  for (const e of events) {
    if (!e.topic) continue;
    if (e.event !== "publish" && e.event !== "subscribe" && e.event !== "unsubscribe") continue;
    let use = all.get(e.topic);
    if (!use) {
      use = {
        topic: e.topic,
        published: 0,
        lastPublished: undefined,
        subscribed: false,
        lastSubscribed: undefined,
        qos: undefined,
      };
      all.set(e.topic, use);
    }
    if (e.event === "publish") {
      use.published += e.count;
      use.lastPublished ??= e.until ?? e.time;
    } else if (use.lastSubscribed === undefined) {
      use.subscribed = e.event === "subscribe";
      use.lastSubscribed = e.time;
      use.qos = e.granted_qos;
    }
  }
  return [...all.values()].sort((a, b) => b.published - a.published || a.topic.localeCompare(b.topic));
}
