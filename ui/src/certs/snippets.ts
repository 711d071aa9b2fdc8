// How devices connect with TLS, as text to copy. They need the authority: as a file beside them, or in their own text.
import { python, type Snippet, shell, tasmotaProblem, yaml } from "../dynsec/snippets";

export interface Secure {
  host: string;
  port: number;
  username: string; // "" on a listener that knows clients by certificate
  mutual: boolean;
  authority: string; // PEM
}

const password = "your password";

export function mosquittoPub(s: Secure): Snippet {
  const who = s.mutual ? "--cert client.crt --key client.key" : `-u ${shell(s.username)} -P ${shell(password)}`;
  return {
    text: `mosquitto_pub -h ${shell(s.host)} -p ${s.port} --cafile ca.pem \\\n  ${who} \\\n  -t 'test/hello' -m 'hello'`,
    notes: [],
  };
}

export function pahoPython(s: Secure): Snippet {
  const own = s.mutual ? ', certfile="client.crt", keyfile="client.key"' : "";
  const who = s.mutual ? "" : `client.username_pw_set(${python(s.username)}, ${python(password)})\n`;
  return {
    text: `# pip install "paho-mqtt>=2"
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.tls_set(ca_certs="ca.pem"${own})
${who}client.connect(${python(s.host)}, ${s.port})
client.loop_start()
client.publish("test/hello", "hello", qos=1).wait_for_publish()
`,
    notes: [],
  };
}

function block(name: string, pem: string): string[] {
  return [
    `  ${name}: |`,
    ...pem
      .trim()
      .split("\n")
      .map((line) => `    ${line}`),
  ];
}

export function esphome(s: Secure): Snippet {
  const lines = ["mqtt:", `  broker: ${yaml(s.host)}`, `  port: ${s.port}`];
  if (s.mutual) {
    lines.push("  # the client's own, from where you keep secrets", "  client_certificate: !secret mqtt_certificate");
    lines.push("  client_certificate_key: !secret mqtt_key");
  } else {
    lines.push(`  username: ${yaml(s.username)}`, `  password: ${yaml(password)}`);
  }
  lines.push(...block("certificate_authority", s.authority));
  return {
    text: `${lines.join("\n")}\n`,
    notes: ["The ESP32 verifies the broker so. The ESP8266 is too small for that in ESPHome."],
  };
}

export function tasmota(s: Secure): Snippet {
  const notes = [
    "Needs a build with TLS and elliptic curves, as tasmota32 is. It learns the broker's key at its first connection, and " +
      "the key stays when the certificate is renewed.",
  ];
  if (s.mutual)
    return {
      text: "",
      notes: ["Tasmota takes no client certificate but for AWS IoT. Use the listener for passwords."],
    };
  const problem = tasmotaProblem(s.username) ?? tasmotaProblem(s.host);
  if (problem || /;/.test(s.username + s.host)) {
    return { text: "", notes: [`Tasmota's console cannot take this name: ${problem ?? "it holds a semicolon"}.`] };
  }
  const zero = Array(20).fill("00").join(" ");
  return {
    text: `Backlog MqttHost ${s.host}; MqttPort ${s.port}; MqttUser ${s.username}; MqttPassword ${password}; SetOption103 1; SetOption132 1; MqttFingerprint1 ${zero}`,
    notes,
  };
}
