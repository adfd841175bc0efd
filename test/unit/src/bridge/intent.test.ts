import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import { bindIntents, type Intent, type Orphan } from "../../../../src/bridge/intent.ts";
import { toLuid } from "../../../../syncml/index.ts";

const intent = (seq: number, hash: string, more: Partial<Intent> = {}): Intent => ({
  seq,
  luid: toLuid(`L${String(seq)}`),
  op: "create",
  hash,
  strongKey: "",
  isDone: false,
  ...more,
});
const orphan = (recordId: number, hash: string, strongKey = ""): Orphan => ({
  recordId: recordId as RecordId,
  hash,
  strongKey,
});
const bind = (intents: readonly Intent[], orphans: readonly Orphan[]): Record<string, number> =>
  Object.fromEntries(
    bindIntents(intents, orphans).map((pair) => [pair.intent.luid, pair.orphan.recordId]),
  );

describe("bindIntents (rule 1)", () => {
  it("binds by content before anything else", () => {
    expect(bind([intent(1, "a"), intent(2, "b")], [orphan(5, "b"), orphan(6, "a")])).toEqual({
      L1: 6,
      L2: 5,
    });
  });

  it("then by strong key, then by the order of ids", () => {
    const intents = [intent(1, "a"), intent(2, "b", { strongKey: "k" }), intent(3, "c")];
    const orphans = [orphan(9, "z"), orphan(8, "y"), orphan(7, "x", "k")];
    expect(bind(intents, orphans)).toEqual({ L1: 8, L2: 7, L3: 9 });
  });

  it("binds neither what is done nor what was no create, and each side once", () => {
    const intents = [
      intent(1, "a", { isDone: true }),
      intent(2, "a", { op: "update" }),
      intent(3, "a"),
      intent(4, "a"),
    ];
    expect(bind(intents, [orphan(5, "a")])).toEqual({ L3: 5 });
    expect(bind([], [orphan(5, "a")])).toEqual({});
  });
});
