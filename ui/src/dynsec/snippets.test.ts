import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { python, shell, snippets, tasmotaTakes } from "./snippets";

const hostile = [
  "plain",
  "two words",
  "it's",
  "'; reboot; '",
  "$(reboot)",
  "`reboot`",
  "a\\b",
  'quote " inside',
  "-n",
  "~root",
  "line\nbreak",
  "tab\there",
  "no: yes",
  "- item",
  "!!python/object",
  "{a: b}",
  "0123",
  "2026-01-01",
  "# comment",
  "=SUM(A1)",
  "Grüße 温度 🌡️",
  "turned \u202eround",
  "line\u2028separator",
  "\u{e0041}tag",
];

test("a shell gives every word back as it was", () => {
  for (const s of hostile) {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shell(s)}`], { encoding: "utf8" })).toBe(s);
  }
});

test("text for Python is JSON that means the same, or an escape that only Python has", () => {
  for (const s of hostile) {
    const text = python(s);
    expect(text).not.toMatch(/[\n\u2028\u202e]/);
    const asJSON = text
      .replace(/\\x([0-9a-f]{2})/g, "\\u00$1")
      .replace(/\\U000([0-9a-f]{5})/g, (_, hex: string) =>
        JSON.stringify(String.fromCodePoint(Number.parseInt(hex, 16))).slice(1, -1),
      );
    expect(JSON.parse(asJSON)).toBe(s);
  }
});

test("Tasmota is given nothing that it would take apart", () => {
  expect(["plain", "two words", "a;b", "1abc", "line\nbreak", ""].map(tasmotaTakes)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  const of = (password: string) =>
    snippets({ host: "h", port: 1883, username: "u", password, clientid: "", topic: "t" }).find(
      (s) => s.name === "Tasmota",
    );
  expect(of("good")?.text).toBe("Backlog MqttHost h; MqttPort 1883; MqttUser u; MqttPassword good");
  expect(of("a; Reset 1")?.text).toBe("");
});

test("every snippet has host and port", () => {
  for (const s of snippets({
    host: "broker.lan",
    port: 1900,
    username: "u",
    password: "p",
    clientid: "",
    topic: "a/b",
  })) {
    expect(s.text).toContain("broker.lan");
    expect(s.text).toContain("1900");
  }
});
