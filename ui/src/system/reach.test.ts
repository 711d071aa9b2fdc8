import { expect, it } from "vitest";
import { reachable } from "./reach";

it.each([
  [":1883", { host: "hub.lan", port: "1883", local: false }],
  ["[::]:1883", { host: "hub.lan", port: "1883", local: false }],
  ["0.0.0.0:1900", { host: "hub.lan", port: "1900", local: false }],
  ["127.0.0.1:1883", { host: "127.0.0.1", port: "1883", local: true }],
  ["[::1]:1883", { host: "[::1]", port: "1883", local: true }],
  ["plant.example:8883", { host: "plant.example", port: "8883", local: false }],
])("%s", (address, want) => {
  expect(reachable(address, "hub.lan")).toEqual(want);
});

it("knows nothing of what has no port", () => {
  expect(reachable("plant", "hub.lan")).toBeUndefined();
});
