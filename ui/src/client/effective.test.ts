import { describe, expect, it } from "vitest";
import type { Group, Role } from "../dynsec/objects";
import { effective, elsewhere, sourcesOf } from "./effective";

const group = (groupname: string, ...roles: [string, number][]): Group => ({
  groupname,
  textname: "",
  textdescription: "",
  roles: roles.map(([rolename, priority]) => ({ rolename, priority })),
  clients: [],
});
const role = (rolename: string, ...topics: [string, number][]): Role => ({
  rolename,
  textname: "",
  textdescription: "",
  acls: topics.map(([topic, priority]) => ({ acltype: "publishClientSend", topic, priority, allow: true })),
  clients: 0,
  groups: 0,
  own: false,
});

describe("effective", () => {
  it("puts own roles before those of groups, and the higher priority first", () => {
    const own = [
      { rolename: "low", priority: -1 },
      { rolename: "high", priority: 5 },
    ];
    const sources = sourcesOf(own, [group("g", ["of-g", 0])]);
    expect(sources.map((s) => s.rolename)).toEqual(["high", "low", "of-g"]);
    const roles = new Map([
      ["high", role("high", ["a", 0], ["b", 9])],
      ["of-g", role("of-g", ["c", 0])],
    ]);
    expect(effective(sources, roles).map((e) => [e.source.groupname, e.acls.map((a) => a.topic)])).toEqual([
      [undefined, ["b", "a"]],
      ["g", ["c"]],
    ]);
  });
  it("names a role once, where it decides first", () => {
    const sources = sourcesOf([{ rolename: "r", priority: -1 }], [group("g", ["r", 9])]);
    expect(effective(sources, new Map([["r", role("r", ["a", 0])]])).map((e) => e.source)).toEqual([{ rolename: "r" }]);
  });
});

describe("elsewhere", () => {
  const access = { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true };
  it("says what the default access lets pass", () => {
    expect(elsewhere(access)).toBe(
      "Where no rule fits, it may receive and unsubscribe, but not publish and subscribe.",
    );
    expect(elsewhere({ ...access, publishClientReceive: false, unsubscribe: false })).toContain("nothing");
    expect(elsewhere({ ...access, publishClientSend: true, subscribe: true })).toContain("everything");
  });
});
