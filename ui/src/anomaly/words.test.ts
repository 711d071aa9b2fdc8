import { expect, test } from "vitest";
import { certainty, fieldWords, kindWords, progress } from "./words";

test("kinds that are not known yet keep the server's word", () => {
  expect(kindWords("silence")).toBe("silent");
  expect(kindWords("disk_is_full")).toBe("disk is full");
});

test("learning says how far it is", () => {
  expect(progress({ state: "learning", samples: 84 })).toBe("learning, 84 of 200 samples");
  expect(progress({ state: "ready", samples: 200 })).toBe("ready");
  expect(progress({ state: "ignored", samples: 3 })).toBe("ignored");
});

test("a score is told as how often chance brings such a thing", () => {
  expect(certainty(0.4)).toBe("ordinary");
  expect(certainty(1)).toBe("about once in 10 values by chance");
  expect(certainty(4.7)).toBe("about once in 10 000 values by chance");
  expect(certainty(6.2)).toBe("about once in 1 million values by chance");
  expect(certainty(12)).toBe("less often than once in 10 million values");
});

test("a plain payload has a value and no field", () => {
  expect(fieldWords("")).toBe("value");
  expect(fieldWords("battery.voltage")).toBe("battery.voltage");
});
