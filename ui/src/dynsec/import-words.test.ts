import { describe, expect, it } from "vitest";
import { grouped } from "./import-words";

const finding = (kind: "refused" | "lost" | "manual" | "note", line: number) => ({
  source: "acl_file" as const,
  line,
  kind,
  subject: "",
  message: "is so",
  users: [],
});

describe("grouped", () => {
  it("leaves out kinds of which there is nothing, and counts what is not listed", () => {
    const groups = grouped({
      findings: [finding("refused", 2), finding("note", 0)],
      refused: 1,
      lost: 0,
      manual: 0,
      notes: 1200,
    });
    expect(groups.map((g) => [g.kind, g.total, g.findings.length])).toEqual([
      ["refused", 1, 1],
      ["note", 1200, 1],
    ]);
    expect(groups[0]?.title).toContain("1 line: mend it first");
  });
});
