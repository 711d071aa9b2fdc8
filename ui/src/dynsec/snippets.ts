// How devices and programs connect, as text to copy. Names and passwords are anything: each is quoted for where it
// goes, and where that cannot be done the snippet says so instead of being wrong.
import { visible } from "../ui/text";

export interface Connection {
  host: string;
  port: number;
  username: string;
  password: string;
  clientid: string; // "" when the account may use any
  topic: string;
}

export interface Snippet {
  text: string;
  notes: string[]; // what one must know before using it
}

// shell quotes s for a POSIX shell: inside single quotes nothing means anything but the quote itself.
export function shell(s: string): string {
  return `'${s.replaceAll("'", "'\\''")}'`;
}

// What must not stand in source text as it is: controls, and what one cannot see or what turns text around.
function unseen(c: string): boolean {
  return visible(c) !== c || c === "\u200d" || c === "\ufe0f" || /\p{Cs}/u.test(c);
}

function hex(c: string, digits: number): string {
  return (c.codePointAt(0) ?? 0).toString(16).padStart(digits, "0");
}

// quoted writes s between double quotes with the escapes that Python and YAML 1.2 have in common.
function quoted(s: string): string {
  let text = "";
  for (const c of s) {
    if (c === '"' || c === "\\") text += `\\${c}`;
    else if (c === "\n") text += "\\n";
    else if (c === "\r") text += "\\r";
    else if (c === "\t") text += "\\t";
    else if (!unseen(c)) text += c;
    else text += c.length > 1 ? `\\U${hex(c, 8)}` : `\\u${hex(c, 4)}`;
  }
  return `"${text}"`;
}

export const python = quoted;
export const yaml = quoted;

// tasmotaProblem says why Tasmota's console cannot take s as a value, which it reads to the end of the line without
// any quoting; undefined when it can.
export function tasmotaProblem(s: string): string | undefined {
  if (/\p{Cc}/u.test(s)) return "it holds a control character";
  if (s !== s.trim()) return "it begins or ends with a space, which Tasmota cuts off";
  if (/^[0-2"]$/.test(s)) return `${s} alone means something else to Tasmota`;
  return undefined;
}

export function mosquittoPub(c: Connection): Snippet {
  return { text: `mosquitto_pub ${arguments_(c)} \\\n  -t ${shell(c.topic)} -m ${shell("hello")}`, notes: [] };
}

export function mosquittoSub(c: Connection): Snippet {
  return { text: `mosquitto_sub ${arguments_(c)} \\\n  -v -t ${shell(c.topic)}`, notes: [] };
}

function arguments_(c: Connection): string {
  const id = c.clientid ? ` -i ${shell(c.clientid)}` : "";
  return `-h ${shell(c.host)} -p ${c.port}${id} \\\n  -u ${shell(c.username)} -P ${shell(c.password)}`;
}

export function pahoPython(c: Connection): Snippet {
  const id = c.clientid ? `, client_id=${python(c.clientid)}` : "";
  return {
    text: `# pip install "paho-mqtt>=2"
import paho.mqtt.client as mqtt


def on_connect(client, userdata, flags, reason_code, properties):
    print("connected:", reason_code)
    client.subscribe(${python(c.topic)})


def on_message(client, userdata, message):
    print(message.topic, message.payload)


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2${id})
client.username_pw_set(${python(c.username)}, ${python(c.password)})
client.on_connect = on_connect
client.on_message = on_message
client.connect(${python(c.host)}, ${c.port})
client.loop_forever()
`,
    notes: [],
  };
}

export function esphome(c: Connection): Snippet {
  const lines = [
    "mqtt:",
    `  broker: ${yaml(c.host)}`,
    `  port: ${c.port}`,
    `  username: ${yaml(c.username)}`,
    `  password: ${yaml(c.password)}`,
    ...(c.clientid ? [`  client_id: ${yaml(c.clientid)}`] : []),
  ];
  const notes = [c.username, c.password, c.clientid].some((s) => s.includes("$"))
    ? ["ESPHome replaces what stands behind a $ by a substitution of that name. Choose values without $ if it has one."]
    : [];
  return { text: `${lines.join("\n")}\n`, notes };
}

export function tasmota(c: Connection): Snippet {
  const settings: [string, string, string][] = [
    ["MqttHost", c.host, "host"],
    ["MqttPort", String(c.port), ""],
    ["MqttUser", c.username, "username"],
    ["MqttPassword", c.password, "password"],
    ...(c.clientid ? [["MqttClient", c.clientid, "client id"] as [string, string, string]] : []),
  ];
  const notes: string[] = [];
  for (const [, value, name] of settings) {
    const problem = name && tasmotaProblem(value);
    if (problem) notes.push(`Tasmota's console cannot take this ${name}: ${problem}. Choose another one.`);
  }
  if (c.clientid.includes("%")) notes.push("Tasmota replaces what stands behind a % in the client id.");
  if (notes.some((n) => n.includes("cannot"))) return { text: "", notes };
  const commands = settings.map(([name, value]) => `${name} ${value}`);
  if (settings.some(([, value]) => value.includes(";"))) {
    notes.push("Enter the lines one by one: a semicolon would end a command inside Backlog.");
    return { text: commands.join("\n"), notes };
  }
  return { text: `Backlog ${commands.join("; ")}`, notes };
}
