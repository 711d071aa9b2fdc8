import { expect, test } from "vitest";
import { bridgeEdits } from "./add-bridge";
import { listenerEdits } from "./add-listener";
import {
  bodyOf,
  type Draft,
  editOf,
  howMany,
  type Row,
  rebase,
  scopeId,
  standing,
  tidy,
  withEdit,
  withoutScope,
} from "./draft";
import type { Config, Live, Setting } from "./state";

const line = (key: string, value: string, more: Partial<Setting> = {}): Setting => ({
  key,
  value,
  file: "mosquitto.conf",
  line: 4,
  scope: "global",
  known: true,
  reload: "live",
  secret: false,
  ...more,
});

const live = (text: string, etag = '"1"'): Live => ({
  etag,
  config: { files: [{ name: "mosquitto.conf", text, editable: true, ours: false }] } as unknown as Config,
});

test("a value that is what it was is no edit", () => {
  const row: Row = { id: "mosquitto.conf:4", scope: "global", key: "sys_interval", line: line("sys_interval", "2") };
  expect(editOf(row, "2")).toBeUndefined();
  expect(editOf(row, "3")?.change).toEqual({ op: "set", scope: "global", key: "sys_interval", value: "3" });
  expect(editOf(row, "")?.change).toEqual({ op: "remove", scope: "global", key: "sys_interval" });
  expect(editOf({ id: "x", scope: "global", key: "sys_interval" }, "")).toBeUndefined();
});

test("one of several lines is named by its value, but for a secret", () => {
  const row: Row = { id: "i", scope: "bridge:b", key: "topic", several: true, line: line("topic", "# both") };
  expect(editOf(row, "a/# out")?.change).toMatchObject({ op: "set", old_value: "# both", file: "mosquitto.conf" });
  const secret = { ...row, line: line("remote_password", "«unchanged»", { secret: true }) };
  expect(editOf(secret, "")?.change.old_value).toBeUndefined();
});

test("another line of what there may be many of is added", () => {
  expect(editOf({ id: "i", scope: "global", key: "log_type", many: true }, "debug")?.change.op).toBe("add");
  expect(editOf({ id: "i", scope: "global", key: "sys_interval" }, "3")?.change.op).toBe("set");
});

test("a later value takes the place of the one before, in its place", () => {
  const row: Row = { id: "a", scope: "global", key: "sys_interval" };
  const first = withEdit([], "a", editOf(row, "3"));
  const two = withEdit(first, "b", editOf({ id: "b", scope: "global", key: "persistence" }, "true"));
  const again = withEdit(two, "a", editOf(row, "4"));
  expect(again.map((e) => e.change.value)).toEqual(["4", "true"]);
  expect(standing(row, again)).toBe("4");
  expect(withEdit(again, "a", undefined).map((e) => e.id)).toEqual(["b"]);
});

test("a listener that was added goes with all that was set for it", () => {
  const edits = listenerEdits({
    port: "8883",
    address: "127.0.0.1",
    protocol: "websockets",
    tls: true,
    certfile: "c.crt",
    keyfile: "c.key",
    cafile: "ca.crt",
    need: true,
  });
  expect(edits.map(({ change: c }) => `${c.op} ${c.scope} ${c.key} ${c.value}`)).toEqual([
    "add global listener 8883 127.0.0.1",
    "set listener:8883@127.0.0.1 protocol websockets",
    "set listener:8883@127.0.0.1 certfile c.crt",
    "set listener:8883@127.0.0.1 keyfile c.key",
    "set listener:8883@127.0.0.1 cafile ca.crt",
    "set listener:8883@127.0.0.1 require_certificate true",
  ]);
  expect(edits[0]?.id).toBe(scopeId("listener:8883@127.0.0.1"));
  expect(withoutScope(edits, "listener:8883@127.0.0.1")).toEqual([]);
});

test("a bridge has an address and topics", () => {
  const f = {
    name: "cloud",
    address: "b.example:8883",
    topic: "#",
    direction: "out",
    username: "u",
    password: "p",
    cafile: "ca",
  };
  const edits = bridgeEdits({ ...f, tls: true });
  expect(edits.map(({ change: c }) => `${c.op} ${c.key} ${c.value}`)).toEqual([
    "add connection cloud",
    "set address b.example:8883",
    "add topic # out 0",
    "set remote_username u",
    "set remote_password p",
    "set bridge_cafile ca",
  ]);
});

test("a draft without a difference is none", () => {
  const base = live("a\n");
  expect(tidy({ kind: "texts", base, texts: { "mosquitto.conf": "a\n" } })).toBeUndefined();
  expect(tidy({ kind: "settings", base, edits: [] })).toBeUndefined();
  const draft = tidy({ kind: "texts", base, texts: { "mosquitto.conf": "b\n" } });
  expect(draft && howMany(draft)).toBe("mosquitto.conf edited");
  expect(draft && bodyOf(draft, "why")).toEqual({ files: [{ name: "mosquitto.conf", text: "b\n" }], comment: "why" });
});

test("a draft moves onto what somebody else wrote", () => {
  const mine: Draft = { kind: "texts", base: live("a\nb\nc\n"), texts: { "mosquitto.conf": "a\nb\nC\n" } };
  const theirs = live("A\nb\nc\n", '"2"');
  expect(rebase(mine, theirs)).toEqual({
    draft: { kind: "texts", base: theirs, texts: { "mosquitto.conf": "A\nb\nC\n" } },
    clashes: [],
  });
  expect(rebase(mine, live("a\nb\nx\n", '"2"')).clashes).toEqual([{ file: "mosquitto.conf", lines: 1 }]);
  expect(rebase(mine, live("a\nb\nC\n", '"2"')).draft).toBeUndefined();
});
