import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  type Connection,
  esphome,
  mosquittoPub,
  mosquittoSub,
  pahoPython,
  python,
  shell,
  tasmota,
  tasmotaProblem,
} from "./snippets";

const hostile = [
  "plain",
  "with space",
  "it's",
  "''; rm -rf / #",
  '"double"',
  "$HOME `id` $(id) \u0024{x}",
  "back\\slash\\",
  "trailing\\'",
  "-rf",
  "new\nline",
  "tab\tand\rreturn",
  "!history",
  "ünïcödé 温度 👩‍🔧",
  "right\u202eleft",
  "zero\u200bwidth\ufeff",
  "%s %d {0} {{ x }}",
  "#comment: yes",
  "nel\u0085ls\u2028",
  "\u007f\u001b[31m",
  "",
];

const connection = (s: string): Connection => ({
  host: "broker.local",
  port: 1883,
  username: s,
  password: s,
  clientid: s,
  topic: "test/hello",
});

test("a shell reads exactly what was quoted", () => {
  for (const s of hostile) {
    const { stdout } = spawnSync("sh", ["-c", `printf '%s' ${shell(s)}`], { encoding: "utf8" });
    expect(stdout).toBe(s);
  }
});

test("mosquitto_pub and mosquitto_sub get their arguments as they are", () => {
  for (const s of hostile) {
    for (const { text } of [mosquittoPub(connection(s)), mosquittoSub(connection(s))]) {
      const script = `mosquitto_pub() { printf '%s\\0' "$@"; }; mosquitto_sub() { mosquitto_pub "$@"; }; ${text}`;
      const got = spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout.split("\0");
      const id = s ? ["-i", s] : [];
      expect(got.slice(0, 8 + id.length)).toEqual(["-h", "broker.local", "-p", "1883", ...id, "-u", s, "-P", s]);
    }
  }
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!hasPython)("Python reads exactly what was quoted, and the program compiles", () => {
  const program = `import ast, json, sys
texts, programs = json.load(sys.stdin)
for p in programs: compile(p, "snippet", "exec")
print(json.dumps([ast.literal_eval(t) for t in texts]))`;
  const input = JSON.stringify([hostile.map(python), hostile.map((s) => pahoPython(connection(s)).text)]);
  const { stdout, stderr } = spawnSync("python3", ["-c", program], { input, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(hostile);
});

test("ESPHome's YAML keeps every value in its own line and quotes", () => {
  for (const s of hostile) {
    const lines = esphome(connection(s)).text.trimEnd().split("\n");
    expect(lines).toHaveLength(s ? 6 : 5);
    for (const line of lines.slice(3)) {
      const value = line.slice(line.indexOf('"'));
      // Escapes are those of JSON but for characters behind the first plane.
      const read = value.replace(/\\U([0-9a-f]{8})/g, (_, h: string) => String.fromCodePoint(Number.parseInt(h, 16)));
      expect(JSON.parse(read)).toBe(s);
      expect(value).not.toMatch(/[\u0080-\u009f\u2028\u202e\u200b]/);
    }
  }
  expect(esphome(connection("a$b")).notes).toHaveLength(1);
});

test("Tasmota is given no value that it would read as something else", () => {
  for (const s of ["new\nline", " leading", "trailing ", "0", "1", '"', "\u001b"]) {
    expect(tasmotaProblem(s)).toBeDefined();
    expect(tasmota(connection(s)).text).toBe("");
    expect(tasmota(connection(s)).notes.length).toBeGreaterThan(0);
  }
  expect(tasmota(connection("a b'c\"d")).text).toBe(
    "Backlog MqttHost broker.local; MqttPort 1883; MqttUser a b'c\"d; MqttPassword a b'c\"d; MqttClient a b'c\"d",
  );
  expect(tasmota(connection("a;Reset 1")).text).not.toContain("Backlog");
});
