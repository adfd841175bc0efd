import { expect, it } from "vitest";
import { STATUS } from "../../../../src/bridge/status-map.ts";
import { meaningOf } from "../../../../src/bridge/status-meaning.ts";

it("has a word for every Status that is no plain success, and none for those", () => {
  for (const status of Object.values(STATUS))
    expect(meaningOf(status) === undefined, String(status)).toBe(status === 200 || status === 201);
  expect(meaningOf(599)).toBe("refused");
});
