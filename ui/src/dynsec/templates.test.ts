import { expect, test } from "vitest";
import { filterProblem, repeated } from "./acl";
import { templates } from "./templates";

test("every template makes rules that the broker takes", () => {
  for (const { id, rules } of templates) {
    const made = rules("devices/%u");
    expect(repeated(made).size, id).toBe(0);
    for (const { topic } of made) {
      expect(filterProblem(topic), `${id} ${topic}`).toBeUndefined();
      expect(topic).not.toContain("$CONTROL");
    }
  }
});

test("a sensor hears nothing and a reader says nothing", () => {
  const types = (id: string) =>
    templates
      .find((t) => t.id === id)
      ?.rules("a")
      .map((r) => r.acltype);
  expect(types("sensor")).toEqual(["publishClientSend"]);
  for (const id of ["reader", "dashboard"]) expect(types(id)).not.toContain("publishClientSend");
});
