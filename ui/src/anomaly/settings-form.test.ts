import { expect, test } from "vitest";
import type { Settings } from "./settings";
import { changesOf, formOf, linesOf } from "./settings-form";

const stored: Settings = {
  sensitivity: "normal",
  series_budget: 0.1,
  fleet_budget: 1,
  digest_hour: 8,
  time_zone: "",
  memory_mib: 256,
  ignored_topics: ["a/#", "b"],
  deep_topics: [],
  channels: [],
};

test("only what was changed is saved", () => {
  const form = formOf(stored);
  expect(changesOf(form, stored)).toEqual({});
  expect(changesOf({ ...form, fleet_budget: "2.5", time_zone: " Europe/Berlin ", sensitivity: "low" }, stored)).toEqual(
    {
      fleet_budget: 2.5,
      time_zone: "Europe/Berlin",
      sensitivity: "low",
    },
  );
  expect(changesOf({ ...form, ignored_topics: "" }, stored)).toEqual({ ignored_topics: [] });
});

test("filters stand one a line", () => {
  expect(linesOf(" a/# \n\n b\n")).toEqual(["a/#", "b"]);
});
