import { expect, test } from "vitest";
import { esphome, mosquittoPub, pahoPython, tasmota } from "./snippets";

const s = {
  host: "pi.local",
  port: 8883,
  username: "o'neil",
  mutual: false,
  authority: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
};

test("each names host, port and authority", () => {
  expect(mosquittoPub(s).text).toContain("-h 'pi.local' -p 8883 --cafile ca.pem");
  expect(mosquittoPub(s).text).toContain("-u 'o'\\''neil'");
  expect(pahoPython(s).text).toContain('tls_set(ca_certs="ca.pem")');
  expect(pahoPython(s).text).toContain('client.connect("pi.local", 8883)');
  expect(esphome(s).text).toContain("  certificate_authority: |\n    -----BEGIN CERTIFICATE-----\n    AAAA\n");
  expect(tasmota({ ...s, username: "kettle" }).text).toContain("MqttPort 8883; MqttUser kettle");
  expect(pahoPython(s).text).not.toContain("publish as publish");
});

test("with a certificate instead of a password", () => {
  const m = { ...s, mutual: true };
  for (const text of [mosquittoPub(m).text, pahoPython(m).text]) {
    expect(text).toContain("client.key");
    expect(text).not.toContain("password");
  }
  expect(esphome(m).text).toContain("client_certificate_key");
  expect(tasmota(m).text).toBe("");
});

test("what Tasmota's console cannot take is told", () => {
  expect(tasmota({ ...s, username: "a;b" })).toMatchObject({ text: "" });
});
