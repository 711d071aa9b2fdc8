import { expect, test } from "vitest";
import { addressesOf, lacking, newChannel, ofType, whereTo, wrongWith } from "./channel-form";

test("a channel has the settings of its type and of no other", () => {
  const hook = newChannel("webhook");
  expect(hook).toHaveProperty("webhook");
  const mail = ofType(hook, "email");
  expect(mail).not.toHaveProperty("webhook");
  expect(mail.email?.port).toBe(587);
  expect(ofType(mail, "mqtt").mqtt).toEqual({ topic: "bunkerm/alerts", qos: 1, retain: false });
  const stored = { ...newChannel("chat"), chat: { url: "ntfy://«unchanged»" } };
  expect(ofType(stored, "chat")).toEqual(stored);
});

test("what is missing is named, and a line says where it goes", () => {
  const mail = { ...newChannel("email"), name: "ops" };
  expect(lacking(newChannel("mqtt"))).toBe("a name");
  expect(lacking(mail)).toBe("a mail server");
  const whole = {
    ...mail,
    email: { ...mail.email, host: "mx.example.org", from: "a@example.org", to: ["b@example.org"] },
  } as typeof mail;
  expect(lacking(whole)).toBeUndefined();
  expect(whereTo(whole)).toBe("b@example.org by mx.example.org:587");
  expect(lacking({ ...newChannel("webhook"), name: "x" })).toBe("an address");
});

test("receivers stand with commas or on lines", () => {
  expect(addressesOf(" a@x.org, b@x.org\n\nc@x.org;")).toEqual(["a@x.org", "b@x.org", "c@x.org"]);
});

test("what the server says of a field stands at that field of that channel", () => {
  const errors = [
    { location: "body.channels[0].email.from", message: "another channel's" },
    { location: "body.channels[1].email.to[2]", message: "no address" },
    { location: "body.channels[1].quiet_hours.from", message: "no time" },
  ];
  expect(wrongWith(errors, "email.to", 1)).toBe("no address");
  expect(wrongWith(errors, "email.from", 1)).toBeUndefined();
  expect(wrongWith(errors, "quiet_hours.from", 1)).toBe("no time");
  expect(wrongWith(errors, "email.to", -1)).toBe("no address");
  expect(wrongWith(errors, "to", 1)).toBeUndefined();
});
