import { expect, it } from "vitest";
import { addressTime, fieldTime, targetOf } from "./words";

it("finds the pages of things, whatever they are called", () => {
  expect(targetOf("client/a/b")).toEqual({ to: "/clients/$id", params: { id: "a/b" } });
  expect(targetOf("role/client/")).toEqual({ to: "/roles/$id", params: { id: "client/" } });
  expect(targetOf("client/")).toBeUndefined();
  expect(targetOf("user/jo")).toBeUndefined();
});

it("brings times there and back", () => {
  const time = addressTime("2026-03-01T07:30") ?? "";
  expect(time).toMatch(/Z$/);
  expect(fieldTime(time)).toBe("2026-03-01T07:30");
  expect(fieldTime("24h")).toBe("");
  expect(addressTime("")).toBeUndefined();
});
