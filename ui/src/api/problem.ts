// What the server says when something is no success (RFC 9457), as an error that the page can show.
export interface ProblemBody {
  title: string;
  status: number;
  detail: string;
  hint?: string;
  errors: { location: string; message: string }[];
  request_id: string;
  retryAfter?: number;
}

export class Problem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.name = "Problem";
    this.body = body;
  }

  get status(): number {
    return this.body.status;
  }

  // field returns what is wrong with one place of the body, as in "password" or "roles[1].rolename".
  field(name: string): string | undefined {
    return this.body.errors.find((e) => e.location === `body.${name}` || e.location === name)?.message;
  }
}

// unreachable is what happened when no answer came at all; its status is 0.
export function unreachable(): Problem {
  return new Problem({
    title: "No answer",
    status: 0,
    detail: "BunkerM does not answer",
    hint: "it may be restarting, or the network between here and there is down; this page tries again by itself",
    errors: [],
    request_id: "",
  });
}

// asProblem makes anything that was thrown showable.
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem({
    title: "Fault in the page",
    status: -1,
    detail: thrown instanceof Error ? thrown.message : String(thrown),
    hint: "reload the page; if it happens again, it is a fault of ours worth reporting",
    errors: [],
    request_id: "",
  });
}
