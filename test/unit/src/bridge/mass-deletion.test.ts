import { expect, it } from "vitest";
import { isMassDeletion } from "../../../../src/bridge/mass-deletion.ts";

it.each([
  [9, 9, false],
  [10, 10, true],
  [10, 20, false],
  [11, 20, true],
  [11, 21, true],
  [500, 1000, false],
  [501, 1000, true],
])("%i of %i items: %s", (removed, itemsAtStart, expected) => {
  expect(isMassDeletion(removed, itemsAtStart)).toBe(expected);
});
