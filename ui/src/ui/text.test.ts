import { expect, test } from "vitest";
import { visible } from "./text";

test("what cannot be seen is drawn as an escape", () => {
  for (const [text, want] of [
    ["plain/topic", "plain/topic"],
    ["two\nlines\tand a tab", "two\\nlines\\tand a tab"],
    ["nul\u0000", "nul\\u{0}"],
    ["zero\u200bwidth", "zero\\u{200b}width"],
    ["turned \u202eround", "turned \\u{202e}round"],
    ["isolate \u2066x\u2069", "isolate \\u{2066}x\\u{2069}"],
    ["filler \u3164", "filler \\u{3164}"],
    ["tag \u{e0041}", "tag \\u{e0041}"],
    ["digit 1\ufe0f", "digit 1\\u{fe0f}"],
    ["join a\u200db", "join a\\u{200d}b"],
    ["line\u2028separator", "line\\u{2028}separator"],
    ["Grüße, 温度, мир", "Grüße, 温度, мир"],
  ] as const) {
    expect(visible(text)).toBe(want);
  }
});

test("emoji stay whole", () => {
  for (const text of ["❤️", "👩‍🔧", "👩🏽‍🔧", "🏳️‍🌈", "🌡️ 21 °C"]) expect(visible(text)).toBe(text);
});
