import { expect, it } from "vitest";
import { whyItsType } from "../../../../src/bridge/sync-reason.ts";

it.each([
  [
    { role: "client", typeDone: "two-way", base: "current", reason: "", isOver: true },
    /the server took the anchor/,
  ],
  [
    { role: "client", typeDone: "slow", base: "none", reason: "x", isOver: true },
    /the server compared our anchor with its own: x\.$/,
  ],
  [
    { role: "server", typeDone: "two-way", base: "current", reason: "", isOver: true },
    /last anchor is the one of our last sync/,
  ],
  [
    { role: "server", typeDone: "two-way", base: "previous", reason: "", isOver: true },
    /our last answer was lost/,
  ],
  [
    {
      role: "server",
      typeDone: "slow",
      base: "none",
      reason: "first sync of these two sides",
      isOver: true,
    },
    /compared with.*: first sync of these two sides\.$/,
  ],
  [
    { role: "server", typeDone: "slow", base: "none", reason: "the card failed", isOver: false },
    /with ours\.$/,
  ],
  [
    {
      role: "server",
      typeDone: "refresh-from-client",
      base: "none",
      reason: "the peer asked for it",
      isOver: true,
    },
    /took the place of the other: the peer asked/,
  ],
  [
    { role: "server", typeDone: "slow", base: undefined, reason: "x", isOver: true },
    /Everything was compared/,
  ],
  [
    { role: "server", typeDone: "undo", base: "none", reason: "undo of sync 3", isOver: true },
    /owner undid/,
  ],
])("%j", (beginning, expected) => {
  expect(whyItsType(beginning)).toMatch(expected);
});
