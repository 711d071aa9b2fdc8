// What to type or paste so that something connects with an account. Names and passwords may hold anything, so every
// snippet quotes by the rules of where it goes.
export interface Connection {
  host: string;
  port: number;
  username: string;
  password: string; // a placeholder where it is not known
  clientid: string; // "" where any may be used
  topic: string;
}

export interface Snippet {
  name: string;
  text: string;
  note?: string;
}

// shell quotes for POSIX shells: between single quotes nothing has a meaning but the quote itself.
export function shell(s: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(s) ? s : `'${s.replaceAll("'", `'\\''`)}'`;
}

// python quotes for Python, as JSON does but for the pairs of surrogates, which Python does not put together.
export function python(s: string): string {
  let out = '"';
  for (const c of s) {
    const code = c.codePointAt(0) ?? 0;
    if (c === '"' || c === "\\") out += `\\${c}`;
    else if (c === "\n") out += "\\n";
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(c)) {
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    } else out += c;
  }
  return `${out}"`;
}

// yaml quotes for YAML 1.1 and 1.2: double quotes always, so that no value is taken for a number, a date or a tag.
export function yaml(s: string): string {
  return python(s); // the escapes of a double-quoted scalar that python uses mean the same in YAML
}

// secrets of ESPHome and passwords of Tasmota's console end at the end of the line and may not be quoted.
export function tasmotaTakes(s: string): boolean {
  return s !== "" && s.trim() === s && !/[\p{Cc};]/u.test(s) && !/^[0-9"]/.test(s) && s.length <= 64;
}

export function snippets(c: Connection): Snippet[] {
  const id = c.clientid ? ` -i ${shell(c.clientid)}` : "";
  const who = `-h ${shell(c.host)} -p ${c.port}${id} -u ${shell(c.username)} -P ${shell(c.password)}`;
  const tasmota = [c.username, c.password, c.host].every(tasmotaTakes);
  return [
    { name: "mosquitto_pub", text: `mosquitto_pub -V 5 -q 1 ${who} -t ${shell(c.topic)} -m 21.5` },
    { name: "mosquitto_sub", text: `mosquitto_sub -V 5 ${who} -v -t ${shell(c.topic)}` },
    {
      name: "Python",
      text: `# pip install paho-mqtt
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=${python(c.clientid)}, protocol=mqtt.MQTTv5)
client.username_pw_set(${python(c.username)}, ${python(c.password)})
client.connect(${python(c.host)}, ${c.port})
client.loop_start()
client.publish(${python(c.topic)}, "21.5", qos=1).wait_for_publish()
client.disconnect()`,
    },
    {
      name: "ESPHome",
      text: `mqtt:
  broker: ${yaml(c.host)}
  port: ${c.port}
  username: ${yaml(c.username)}
  password: ${yaml(c.password)}${c.clientid ? `\n  client_id: ${yaml(c.clientid)}` : ""}`,
    },
    {
      name: "Tasmota",
      text: tasmota
        ? `Backlog MqttHost ${c.host}; MqttPort ${c.port}; MqttUser ${c.username}; MqttPassword ${c.password}${c.clientid && tasmotaTakes(c.clientid) ? `; MqttClient ${c.clientid}` : ""}`
        : "",
      note: tasmota
        ? "In the device's console."
        : "Tasmota's console cannot take this username or password: it has no quotes, and ends values at a semicolon. Choose plainer ones for this device.",
    },
    {
      name: "Home Assistant",
      text: `Broker    ${visibleLine(c.host)}
Port      ${c.port}
Username  ${visibleLine(c.username)}
Password  ${visibleLine(c.password)}`,
      note: "Settings, Devices & services, Add integration, MQTT.",
    },
  ];
}

// visibleLine keeps a value on its line.
function visibleLine(s: string): string {
  return s.replace(/\p{Cc}/gu, (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);
}
