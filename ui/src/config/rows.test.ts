import { expect, test } from "vitest";
import { listenerEdits } from "./add-listener";
import { editOf } from "./draft";
import { addedScopes, problemsAt, rowsOf } from "./rows";
import type { ConfProblem, Definition, Setting } from "./state";

const definition = (key: string, scopes: string[], more: Partial<Definition> = {}): Definition => ({
  key,
  type: "string",
  default: null,
  scopes,
  many: false,
  help: `Help of ${key}.`,
  secret: false,
  dangerous: false,
  reload: "live",
  available: true,
  ...more,
});

const catalogue = [
  definition("sys_interval", ["global"], { type: "int" }),
  definition("log_type", ["global"], { many: true }),
  definition("persistence", ["global"], { type: "bool" }),
  definition("new_in_the_future", ["global"], { available: false }),
  definition("old", ["global"], { deprecated: "2.0.0" }),
  definition("certfile", ["listener"]),
  definition("listener", ["global"], { many: true }),
];

const line = (key: string, value: string, at: number): Setting => ({
  key,
  value,
  file: "mosquitto.conf",
  line: at,
  scope: "global",
  known: true,
  reload: "live",
  secret: false,
});

const lines = [
  line("sys_interval", "2", 3),
  line("log_type", "error", 5),
  line("log_type", "debug", 4),
  line("old", "x", 9),
];
const ask = { scope: "global", lines, catalogue, edits: [], all: false, search: "" };

test("what is set is there, line by line, and what is not only when asked for", () => {
  expect(rowsOf(ask).map((r) => `${r.key} ${r.line?.value}`)).toEqual([
    "log_type debug",
    "log_type error",
    "old x",
    "sys_interval 2",
  ]);
  expect(rowsOf({ ...ask, all: true }).map((r) => `${r.key} ${r.line?.value ?? "–"}`)).toEqual([
    "log_type debug",
    "log_type error",
    "log_type –",
    "old x",
    "persistence –",
    "sys_interval 2",
  ]);
});

test("each new line of what there may be many of has a place, and one more is offered", () => {
  const all = { ...ask, all: true };
  const free = rowsOf(all).find((r) => r.key === "log_type" && !r.line);
  if (!free) throw new Error("no place for another line");
  const edit = editOf(free, "notice");
  if (!edit) throw new Error("no edit");
  const places = rowsOf({ ...all, edits: [edit] }).filter((r) => r.key === "log_type" && !r.line);
  expect(places.map((r) => r.id)).toEqual([free.id, "global log_type 1"]);
  expect(rowsOf({ ...ask, edits: [edit] }).some((r) => r.id === free.id)).toBe(true);
});

test("search finds keys, help and values, and never hides what was changed", () => {
  expect(rowsOf({ ...ask, search: "debug" }).map((r) => r.line?.line)).toEqual([4]);
  expect(rowsOf({ ...ask, search: "help of sys" }).map((r) => r.key)).toEqual(["sys_interval"]);
  const edits = [{ id: "mosquitto.conf:9", change: { op: "set" as const, scope: "global", key: "old", value: "y" } }];
  expect(rowsOf({ ...ask, edits, search: "sys" }).map((r) => r.key)).toEqual(["old", "sys_interval"]);
});

test("a listener that is new has rows for what was set for it", () => {
  const edits = listenerEdits({
    port: "8883",
    address: "",
    protocol: "mqtt",
    tls: true,
    certfile: "c",
    keyfile: "k",
    cafile: "",
    need: false,
  });
  expect(addedScopes(edits, "listener")).toEqual(["listener:8883"]);
  expect(rowsOf({ ...ask, scope: "listener:8883", lines: [], edits }).map((r) => r.key)).toEqual([
    "certfile",
    "keyfile",
  ]);
  expect(rowsOf({ ...ask, lines: [], edits })).toEqual([]);
});

test("a problem stands at its line, or at the change that has it", () => {
  const [row] = rowsOf({ ...ask, search: "sys" });
  if (!row) throw new Error("no row");
  const at = (line: number, message: string): ConfProblem => ({
    file: "mosquitto.conf",
    line,
    severity: "error",
    key: "sys_interval",
    message,
    source: "check",
  });
  expect(problemsAt(row, [at(3, "here"), at(4, "there")], undefined, false).map((p) => p.message)).toEqual(["here"]);
  expect(problemsAt(row, [at(3, "old")], [at(8, "new")], true).map((p) => p.message)).toEqual(["new"]);
});
