import { expect, it } from "vitest";
import { slicesOf } from "../../../../src/bridge/slices.ts";
import type { ItemOperation, Luid } from "../../../../syncml/index.ts";

const deletes = (luids: string): readonly ItemOperation[] =>
  Array.from(luids).map((luid) => ({ type: "delete", luid: luid as Luid }));

it.each([
  ["", []],
  ["abcde", ["ab", "cd", "e"]],
  ["aab", ["a", "ab"]],
])("operations on %j in pieces of two", (luids, expected) => {
  const slices = [...slicesOf(deletes(luids), 2)];
  expect(slices.map((slice) => slice.map(({ luid }) => luid).join(""))).toEqual(expected);
});
