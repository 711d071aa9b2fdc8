// What is worth saying about the files.
import type { Config, ConfProblem } from "./state";

// mendable leaves out what is to be said about the files that BunkerM writes itself, but for errors: they are nobody's to
// mend, and change while it borrows the broker's debug log.
export function mendable({ problems, files }: Pick<Config, "problems" | "files">): ConfProblem[] {
  const ours = new Set(files.filter((f) => f.ours).map((f) => f.name));
  return problems.filter((p) => p.severity === "error" || !ours.has(p.file));
}
