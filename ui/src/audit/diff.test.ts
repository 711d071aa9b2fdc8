import { describe, expect, it } from "vitest";
import { type DiffLine, diff, linesOf, shorten } from "./diff";

const signs = { same: " ", added: "+", removed: "-" };
const drawn = (lines: DiffLine[]) => lines.map((line) => signs[line.mark] + line.text).join("|");

describe("diff", () => {
  it.each([
    ["", "", ""],
    ["a", "a", " a"],
    ["", "a b", "+a|+b"],
    ["a b", "", "-a|-b"],
    ["a b c", "a x c", " a|-b|+x| c"],
    ["a b c d", "b d e", "-a| b|-c| d|+e"],
    ["a a a", "a a", " a| a|-a"],
    ["a b a b", "b a b a", "-a| b| a| b|+a"],
  ])("%s → %s", (before, after, want) => {
    const words = (text: string) => text.split(" ").filter(Boolean);
    expect(drawn(diff(words(before), words(after)))).toBe(want);
  });

  it("brings both sides back, whatever they are", () => {
    let seed = 7;
    const random = (n: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % n;
    };
    for (let round = 0; round < 300; round++) {
      const side = () => Array.from({ length: random(12) }, () => "abc".charAt(random(3)));
      const [before, after] = [side(), side()];
      const lines = diff(before, after);
      expect(lines.filter((l) => l.mark !== "added").map((l) => l.text)).toEqual(before);
      expect(lines.filter((l) => l.mark !== "removed").map((l) => l.text)).toEqual(after);
    }
  });

  it("does not take for ever", () => {
    const side = (name: string) => Array.from({ length: 20_000 }, (_, i) => `${name} ${i}`);
    const began = performance.now();
    const lines = diff(["same", ...side("a")], ["same", ...side("b")]);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(lines).toHaveLength(40_001);
    expect(lines[0]).toEqual({ mark: "same", text: "same" });
  });
});

describe("linesOf", () => {
  it("knows what is not there", () => {
    expect(linesOf(undefined)).toEqual([]);
    expect(linesOf(null)).toEqual([]);
    expect(linesOf({ a: [1] })).toEqual(["{", '  "a": [', "    1", "  ]", "}"]);
    expect(linesOf("x\ny")).toEqual(['"x\\ny"']);
  });
});

describe("shorten", () => {
  const same = (n: number) => Array.from({ length: n }, (_, i): DiffLine => ({ mark: "same", text: String(i) }));
  it("leaves out what is far from changes", () => {
    const lines: DiffLine[] = [...same(10), { mark: "added", text: "x" }, ...same(5)];
    const short = shorten(lines, 2);
    expect(short[0]).toEqual({ skipped: 8 });
    expect(short[short.length - 1]).toEqual({ skipped: 3 });
    expect(short).toHaveLength(7);
  });
  it("keeps what is between near changes, and nothing where nothing changed", () => {
    const change: DiffLine = { mark: "removed", text: "y" };
    expect(shorten([change, ...same(4), change], 2)).toHaveLength(6);
    expect(shorten(same(4))).toEqual([{ skipped: 4 }]);
  });
});
