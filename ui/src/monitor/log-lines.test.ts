import { expect, test } from "vitest";
import { askedBy, downloadOf, type LogLine, rowsOf, streamOf } from "./log-lines";

test("debug lines are asked for only by whoever wants everything", () => {
  expect(askedBy({}).level).not.toContain("debug");
  expect(askedBy({ level: "problems" }).level).toEqual(["error", "warning"]);
  expect(askedBy({ level: "all" }).level).toBeUndefined();
});

test("what is searched for is encoded, in the channel and in the download", () => {
  const asked = askedBy({ level: "problems", q: "a&b=c #ü", from: "1h" });
  expect(new URLSearchParams(downloadOf(asked).split("?")[1]).get("q")).toBe("a&b=c #ü");
  const stream = new URLSearchParams(streamOf(asked, "7:42").split("?")[1]);
  expect(stream.get("after")).toBe("7:42");
  expect(stream.get("level")).toBe("error,warning");
  expect(stream.has("from")).toBe(false);
});

test("lines with the same words are told apart", () => {
  const line: LogLine = { time: null, level: "notice", text: "again", own: false };
  expect(rowsOf([line, line]).map((r) => r.key)).toEqual(["p0", "p1"]);
});
