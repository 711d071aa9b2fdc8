import { expect, test } from "vitest";
import { between, merge } from "./merge";
import type { Config } from "./state";

test("changes at different places come together", () => {
  const base = "a\nb\nc\nd\ne\n";
  expect(merge(base, "a\nB\nc\nd\ne\n", "a\nb\nc\nd\ne\nf\n")).toEqual({ text: "a\nB\nc\nd\ne\nf\n", clashing: 0 });
  expect(merge(base, "b\nc\nd\ne\n", "a\nb\nc\ne\n")).toEqual({ text: "b\nc\ne\n", clashing: 0 });
  expect(merge(base, base, "x\n")).toEqual({ text: "x\n", clashing: 0 });
  expect(merge(base, "x\n", base)).toEqual({ text: "x\n", clashing: 0 });
});

test("the same change on both sides is one", () => {
  expect(merge("a\nb\n", "a\nB\n", "a\nB\n")).toEqual({ text: "a\nB\n", clashing: 0 });
  expect(merge("a\n", "a\nx\n", "a\nx\n")).toEqual({ text: "a\nx\n", clashing: 0 });
});

test("where both changed the same lines, mine stays and the clash is counted", () => {
  expect(merge("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n")).toEqual({ text: "a\nmine\nc\n", clashing: 1 });
  const { text, clashing } = merge("a\n", "a\nmine\n", "a\ntheirs 1\ntheirs 2\n");
  expect(text).toBe("a\nmine\n");
  expect(clashing).toBe(2);
});

test("any change of one side alone is kept as it is", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  for (let i = 0; i < 200; i++) {
    const base = Array.from({ length: random(12) }, () => `line ${random(4)}`);
    const other = base.flatMap((line) =>
      random(4) === 0 ? [] : random(4) === 0 ? [line, `new ${random(3)}`] : [line],
    );
    const [a, b] = [base.join("\n"), other.join("\n")];
    expect(merge(a, b, a).text).toBe(b);
    expect(merge(a, a, b).text).toBe(b);
    expect(merge(a, b, b)).toEqual({ text: b, clashing: 0 });
  }
});

const config = (files: Record<string, string>) =>
  ({ files: Object.entries(files).map(([name, text]) => ({ name, text, editable: true, ours: false })) }) as Config;

test("hunks number the lines of both sides and leave out what is far from a change", () => {
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`);
  const after = [...lines];
  after[4] = "changed";
  after.splice(25, 1);
  const [diff, ...more] = between(
    config({ "m.conf": `${lines.join("\n")}\n` }),
    config({ "m.conf": `${after.join("\n")}\n` }),
  );
  expect(more).toEqual([]);
  expect(diff?.status).toBe("changed");
  expect(diff?.hunks.map((h) => h.lines.map((l) => `${l.op} ${l.old} ${l.new} ${l.text}`))).toEqual([
    [
      "same 2 2 line 2",
      "same 3 3 line 3",
      "same 4 4 line 4",
      "removed 5 0 line 5",
      "added 0 5 changed",
      "same 6 6 line 6",
      "same 7 7 line 7",
      "same 8 8 line 8",
    ],
    [
      "same 23 23 line 23",
      "same 24 24 line 24",
      "same 25 25 line 25",
      "removed 26 0 line 26",
      "same 27 26 line 27",
      "same 28 27 line 28",
      "same 29 28 line 29",
    ],
  ]);
});

test("changes that are near each other share a hunk", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  const diff = between(config({ m: before }), config({ m: before.replace("b", "B").replace("g", "G") }));
  expect(diff[0]?.hunks).toHaveLength(1);
});

test("files come and go", () => {
  const diff = between(config({ a: "x\n", b: "y\n" }), config({ b: "y\n", c: "z\n" }));
  expect(diff.map((f) => `${f.status} ${f.file}`)).toEqual(["removed a", "added c"]);
  expect(diff[1]?.hunks[0]?.lines).toEqual([{ op: "added", old: 0, new: 1, text: "z" }]);
});
