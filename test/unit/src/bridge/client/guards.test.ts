import { describe, expect, it } from "vitest";
import { isAcceptable } from "../../../../../src/bridge/client/accepted-type.ts";
import { needsConsent } from "../../../../../src/bridge/client/needs-consent.ts";
import type { SyncType } from "../../../../../syncml/index.ts";

const NO = { mayRefreshCard: false };
const YES = { mayRefreshCard: true };

describe("isAcceptable: what a server may make of a sync", () => {
  it.each(["twoWay", "oneWayFromClient", "oneWayFromServer"] as const)(
    "a slow one of a %s one",
    (asked) => {
      expect(isAcceptable(asked, asked, NO)).toBe(true);
      expect(isAcceptable(asked, "slow", NO)).toBe(true);
    },
  );

  it("a refresh that would wipe the card only where that is allowed", () => {
    expect(isAcceptable("twoWay", "refreshFromServer", NO)).toBe(false);
    expect(isAcceptable("twoWay", "refreshFromServer", YES)).toBe(true);
    expect(isAcceptable("oneWayFromClient", "refreshFromServer", YES)).toBe(false);
    expect(isAcceptable("refreshFromServer", "refreshFromServer", NO)).toBe(true);
  });

  it.each<[SyncType, SyncType]>([
    ["twoWay", "refreshFromClient"],
    ["twoWay", "oneWayFromServer"],
    ["slow", "twoWay"],
    ["refreshFromServer", "twoWay"],
    ["refreshFromClient", "slow"],
  ])("and not %s into %s", (asked, answered) => {
    expect(isAcceptable(asked, answered, YES)).toBe(false);
  });
});

describe("needsConsent", () => {
  it.each([
    [9, 12, false],
    [10, 20, false],
    [10, 19, true],
    [11, 12, true],
    [1, 1, false],
    [2, 2, true],
    [0, 0, false],
  ])("%i deletions of %i items: %s", (deletions, items, expected) => {
    expect(needsConsent({ deletions, items })).toBe(expected);
  });
});
