// One topic as its messages come: its last value, and what that changed of the value before.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, take } from "../api/client";
import { useChannel } from "../live/live";
import { useGather } from "./gather";
import { type Change, changes, type Payload } from "./payload";
import { type Samples, useSamples } from "./topic-chart";
import type { Topic } from "./topic-list";

// Message is what the server's watch sends of each message.
export interface Message {
  topic: string;
  payload: string | null;
  encoding: string | null;
  payload_state: Topic["payload_state"];
  retain: boolean;
  size_bytes: number;
  time: string;
  stored: boolean; // the broker had kept it; it was published earlier
}

const askAgain = 5_000; // ms; rate and counts come with the answer, values with the messages
const mostAtOnce = 400;

export interface LiveTopic {
  topic: Topic | null | undefined; // null when nothing is known of it
  changed: Change[];
  samples: Samples;
  problem: unknown;
  retry: () => void;
}

export function useTopic(name: string): LiveTopic {
  const client = useQueryClient();
  const key = ["topic", name];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const page = await take(api.GET("/monitor/topics", { params: { query: { prefix: name, limit: 1 } }, signal }));
      return page.topics.find((t) => t.topic === name) ?? null;
    },
    refetchInterval: askAgain,
  });
  const [changed, setChanged] = useState<Change[]>([]);
  const [samples, sample] = useSamples(name);
  const last = useRef<Payload>(undefined);
  // What the list says may be newer than the last message that was watched; the value that one began with counts only
  // until a message comes.
  if (!last.current && data && whole(data)) last.current = data;

  const gather = useGather<Message>(
    name,
    (come) => {
      for (const message of come) {
        if (!whole(message)) continue;
        if (last.current) setChanged(changes(last.current, message));
        last.current = message;
        sample(message, Date.parse(message.time));
      }
      const newest = come.at(-1);
      if (!newest) return;
      const { payload, encoding, payload_state, size_bytes, time } = newest;
      if (client.getQueryData(key) === null) void refetch();
      client.setQueryData<Topic | null>(
        key,
        (before) => before && { ...before, payload, encoding, payload_state, size_bytes, last_seen: time },
      );
    },
    mostAtOnce,
  );
  useChannel(
    /[#+]/.test(name) ? null : `/monitor/watch?filter=${encodeURIComponent(name)}`,
    ({ event, data: next }) => {
      if (event === "message" && !(next as Message).stored) gather(next as Message);
    },
  );
  return {
    topic: data,
    changed,
    samples,
    problem: data === undefined ? error : undefined,
    retry: () => void refetch(),
  };
}

// whole says whether all of a value is there. Of parts nobody knows whether they differ.
function whole(t: Pick<Topic, "payload" | "payload_state">): boolean {
  return t.payload !== null && t.payload_state === "whole";
}
