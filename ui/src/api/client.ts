// The client of our own API. Paths, parameters and answers are typed by the OpenAPI document (schema.gen.ts).
import createClient, { type Middleware } from "openapi-fetch";
import { Problem, type ProblemBody, unreachable } from "./problem";
import type { components, paths } from "./schema.gen";

export type Schemas = components["schemas"];

// root is where the server stands for this browser: everything of ours is relative to <base>.
export const root = new URL(".", document.baseURI);

export function address(path: string): string {
  return new URL(path.replace(/^\//, ""), root).href;
}

type Listener = () => void;
const listeners = new Set<Listener>();

// onSessionEnd is called whenever the server says that nobody is signed in.
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function sessionEnded(): void {
  for (const listener of listeners) listener();
}

const problems: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const problem = await readProblem(response);
    if (response.status === 401 && schemaPath !== "/auth/sign-in" && schemaPath !== "/auth/setup") sessionEnded();
    throw problem;
  },
  onError() {
    return unreachable();
  },
};

export async function readProblem(response: Response): Promise<Problem> {
  let body: Partial<ProblemBody> = {};
  try {
    body = (await response.json()) as Partial<ProblemBody>;
  } catch {
    // A proxy answered with a page of its own: the status is all we know.
  }
  return new Problem({
    title: body.title ?? response.statusText,
    status: response.status,
    detail: body.detail ?? `the server answered ${response.status} ${response.statusText}`,
    hint: body.hint,
    errors: body.errors ?? [],
    request_id: body.request_id ?? response.headers.get("X-Request-Id") ?? "",
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}

const patience = 30_000; // ms in which an answer has to come to what only asks

// patient gives up what nobody answers, as where a network has gone without a word: browsers wait for minutes. What
// changes something may take its time.
function patient(request: Request): Promise<Response> {
  if (request.method !== "GET") return fetch(request);
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patience)]) });
}

export const api = createClient<paths>({
  fetch: patient,
  baseUrl: address("api"),
  credentials: "same-origin",
  querySerializer: { array: { style: "form", explode: false } },
});
api.use(problems);

// take returns the answer's body. What is no success was thrown as a Problem before.
export async function take<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}
