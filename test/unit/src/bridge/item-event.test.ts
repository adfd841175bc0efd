import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import {
  doneWithReceived,
  doneWithSent,
  type CardWrite,
  type ItemDone,
} from "../../../../src/bridge/item-event.ts";

const write = (type: CardWrite["type"]): CardWrite => ({ type, recordId: 1 as RecordId });

describe("doneWithReceived", () => {
  it.each<[ItemDone, Parameters<typeof doneWithReceived>]>([
    ["added", ["put", 201, write("create"), false]],
    ["replaced", ["put", 208, write("update"), false]],
    ["revived", ["put", 208, write("revive"), false]],
    ["deleted", ["delete", 200, write("delete"), false]],
    ["conflict copy", ["put", 209, write("copy"), false]],
    ["merged", ["put", 207, write("update"), false]],
    ["repeat recognised", ["put", 200, undefined, false]],
    ["matched", ["put", 200, undefined, true]],
    ["card's version kept", ["put", 419, undefined, false]],
    ["card's version kept", ["delete", 419, undefined, false]],
    ["was not there", ["delete", 211, undefined, false]],
    ["nothing to do", ["delete", 200, undefined, false]],
    ["refused", ["put", 420, undefined, false]],
    ["refused", ["put", 415, undefined, true]],
  ])("%s", (done, given) => {
    expect(doneWithReceived(...given)).toBe(done);
  });
});

describe("doneWithSent", () => {
  it("takes 418 and 419 for an item that the peer holds, and 404 only for a deletion", () => {
    for (const status of [200, 201, 418, 419])
      expect(doneWithSent("add", status)).toBe("acknowledged");
    expect(doneWithSent("delete", 404)).toBe("acknowledged");
    expect(doneWithSent("replace", 404)).toBe("not acknowledged");
    expect(doneWithSent("add", 500)).toBe("not acknowledged");
  });
});
