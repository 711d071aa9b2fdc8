import { expect, test } from "vitest";
import { spansOf } from "./highlight";
import { mendable } from "./mendable";
import type { ConfProblem, Version } from "./state";
import { fits, topicOf } from "./topics";
import { backTo, effectWords, listenerScope, scopeWords, stepWords } from "./words";

test("an effect says whom it disconnects", () => {
  expect(effectWords("restart", 214)).toBe("Restarts the broker: 214 clients are disconnected for about a second.");
  expect(effectWords("restart", 1)).toBe("Restarts the broker: 1 client is disconnected for about a second.");
  expect(effectWords("restart", 0)).toBe("Restarts the broker. No client is connected now.");
  expect(effectWords("restart", undefined)).toContain("every client is disconnected");
  expect(effectWords("reload", 214)).toContain("Nobody is disconnected");
});

test("scopes are named as people do", () => {
  expect(scopeWords("global")).toBe("Whole broker");
  expect(scopeWords("listener:1883")).toBe("Listener 1883");
  expect(scopeWords(listenerScope("8883", "::1"))).toBe("Listener 8883 on ::1");
  expect(scopeWords("listener:/run/m.sock")).toBe("Listener /run/m.sock");
  expect(scopeWords("bridge:cloud")).toBe("Bridge cloud");
  expect(scopeWords("plugin:/usr/lib/x/dyn.so")).toBe("Plugin dyn.so");
});

test("what is said of BunkerM's own files is left out, but for errors", () => {
  const files = [
    { name: "mosquitto.conf", text: "", editable: true, ours: false },
    { name: "bunkerm.d/20-log.conf", text: "", editable: false, ours: true },
  ];
  const problem = (file: string, severity: ConfProblem["severity"]): ConfProblem => ({
    file,
    severity,
    line: 1,
    message: `${severity} in ${file}`,
    source: "check",
  });
  const problems = [
    problem("bunkerm.d/20-log.conf", "error"),
    problem("bunkerm.d/20-log.conf", "notice"),
    problem("mosquitto.conf", "notice"),
    problem("", "warning"),
  ];
  expect(mendable({ files, problems }).map((p) => p.message)).toEqual([
    "error in bunkerm.d/20-log.conf",
    "notice in mosquitto.conf",
    "warning in ",
  ]);
});

test("a step that is not known is told all the same", () => {
  expect(stepWords("writing")).toBe("Writing the files");
  expect(stepWords("looking_around")).toBe("looking around");
});

test("a roll back leads to the version that the broker ran with before", () => {
  const version = (id: number, state: Version["state"], live = false, file: Version["file"] = "broker") =>
    ({ id, state, live, file }) as Version;
  const list = [
    version(9, "draft"),
    version(8, "applied", false, "dynsec"),
    version(7, "applied", true),
    version(6, "put_back"),
    version(5, "applied", false, "dynsec"),
    version(4, "applied"),
    version(3, "applied"),
  ];
  expect(backTo(list)?.id).toBe(4);
  expect(backTo(list.slice(0, 4))).toBeUndefined();
  expect(backTo(list.filter((v) => !v.live))).toBeUndefined();
});

test("every setting has a topic, and search takes words of its help", () => {
  expect(topicOf("allow_anonymous")).toBe("Who gets in");
  expect(topicOf("max_queued_messages")).toBe("Messages and queues");
  expect(topicOf("persistence_location")).toBe("What is kept");
  expect(topicOf("something_new")).toBe("Other");
  expect(fits("queued max", "max_queued_messages", "How many messages wait")).toBe(true);
  expect(fits("max queued", "max_queued_messages")).toBe(true);
  expect(fits("wait certificate", "max_queued_messages", "How many messages wait")).toBe(false);
});

test("the parts of a line are told apart", () => {
  const parts = (line: string) => spansOf(line).map((s) => `${s.part} ${line.slice(s.from, s.to)}`);
  expect(parts("# a comment")).toEqual(["comment # a comment"]);
  expect(parts("  # indented")).toEqual(["comment # indented"]);
  expect(parts("listener 1883")).toEqual(["scope listener"]);
  expect(parts("  sys_interval  2")).toEqual(["key sys_interval"]);
  expect(parts("remote_password «unchanged»")).toEqual(["key remote_password", "secret «unchanged»"]);
  expect(parts("")).toEqual([]);
  expect(parts("   ")).toEqual([]);
});
