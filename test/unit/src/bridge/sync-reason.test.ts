import { expect, it } from "vitest";
import { whyItsType } from "../../../../src/bridge/sync-reason.ts";

it.each([
  [
    { typeDone: "two-way", base: "current", reason: "", isOver: true },
    /last anchor is the one of our last sync/,
  ],
  [{ typeDone: "two-way", base: "previous", reason: "", isOver: true }, /our last answer was lost/],
  [
    { typeDone: "slow", base: "none", reason: "first sync of these two sides", isOver: true },
    /compared with.*: first sync of these two sides\.$/,
  ],
  [{ typeDone: "slow", base: "none", reason: "the card failed", isOver: false }, /with ours\.$/],
  [
    {
      typeDone: "refresh-from-client",
      base: "none",
      reason: "the peer asked for it",
      isOver: true,
    },
    /took the place of the other: the peer asked/,
  ],
  [{ typeDone: "slow", base: undefined, reason: "x", isOver: true }, /Everything was compared/],
  [{ typeDone: "undo", base: "none", reason: "undo of sync 3", isOver: true }, /owner undid/],
])("%j", (beginning, expected) => {
  expect(whyItsType(beginning)).toMatch(expected);
});
