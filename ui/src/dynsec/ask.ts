// Asking the server who may do what.
import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { Decision, Question } from "./check";

export const checkQuery = (q: Question) =>
  queryOptions({
    queryKey: ["dynsec", "check", q],
    queryFn: ({ signal }): Promise<Decision> => {
      const body = {
        action: q.action,
        topic: q.topic,
        ...(q.username && { username: q.username }),
        ...(q.clientid && { clientid: q.clientid }),
      };
      return take(api.POST("/dynsec/check", { body, signal }));
    },
    retry: false,
  });
