import { expect, test } from "vitest";
import { backOffMs, countFailure } from "../../../../../card/transport/pcsc/back-off.ts";

const BACK_OFF = { firstMs: 500, maxMs: 30_000 };

test("pauses double up to the longest", () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((failures) => backOffMs(failures, BACK_OFF));
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("what ran long enough begins anew", () => {
  expect(countFailure(0, 0, BACK_OFF)).toBe(1);
  expect(countFailure(3, 29_999, BACK_OFF)).toBe(4);
  expect(countFailure(3, 30_000, BACK_OFF)).toBe(1);
});
