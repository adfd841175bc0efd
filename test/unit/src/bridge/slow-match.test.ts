import { describe, expect, it } from "vitest";
import type { Csn, RecordId } from "../../../../card/index.ts";
import type { ConflictWinner } from "../../../../src/bridge/conflict.ts";
import type { ImageEntry } from "../../../../src/bridge/image.ts";
import type { MapRow } from "../../../../src/bridge/map-row.ts";
import { matchSlow, UnmatchedRecords, type SlowAction } from "../../../../src/bridge/slow-match.ts";
import { toLuid } from "../../../../syncml/index.ts";

const entry = (recordId: number, hash: string, strongKey = "anna"): ImageEntry => ({
  recordId: recordId as RecordId,
  modCsn: recordId as Csn,
  crc16: 0,
  hash,
  strongKey,
});
const row = (recordId: number, more: Partial<MapRow> = {}): MapRow => ({
  recordId: recordId as RecordId,
  luid: toLuid("L"),
  receivedHash: "old",
  sentState: "idle",
  createdGen: 1,
  ...more,
});

function match(given: {
  readonly hash?: string;
  readonly strongKey?: string;
  readonly entries: readonly ImageEntry[];
  readonly row?: MapRow;
  readonly isTrusted?: boolean;
  readonly isRefresh?: boolean;
  readonly winner?: ConflictWinner;
}): SlowAction {
  return matchSlow(
    {
      hash: given.hash ?? "new",
      strongKey: given.strongKey ?? "anna",
      ...(given.row === undefined ? {} : { row: given.row }),
      isRowTrusted: given.isTrusted ?? true,
      isRefresh: given.isRefresh ?? false,
      resolve: () => given.winner ?? "both",
    },
    new UnmatchedRecords(given.entries),
  );
}

describe("matchSlow", () => {
  it("matches equal content, the oldest record first, preferring the map's hint", () => {
    const entries = [entry(1, "new"), entry(2, "new")];
    expect(match({ entries })).toMatchObject({ type: "match", recordId: 1, isSettled: true });
    expect(match({ entries, row: row(2) })).toMatchObject({ recordId: 2 });
  });

  it("never matches without equal content or a hint, even under one name", () => {
    expect(match({ entries: [entry(1, "other")] })).toEqual({ type: "create", status: 201 });
  });

  it("takes no hint to a record of another name, or of none", () => {
    expect(match({ entries: [entry(1, "x", "bert")], row: row(1) })).toMatchObject({
      type: "create",
    });
    expect(match({ entries: [entry(1, "x", "")], strongKey: "", row: row(1) })).toMatchObject({
      type: "create",
    });
  });

  it("asks the rows who changed a hinted item, where they can be trusted", () => {
    expect(match({ entries: [entry(1, "old")], row: row(1) })).toMatchObject({
      type: "update",
      status: 200,
    });
    expect(match({ hash: "old", entries: [entry(1, "x")], row: row(1) })).toMatchObject({
      type: "match",
      isSettled: false,
    });
  });

  it("puts back in a refresh what others have changed on the card", () => {
    const changed = { hash: "old", entries: [entry(1, "x")], row: row(1), winner: "peer" } as const;
    expect(match({ ...changed, isRefresh: true })).toMatchObject({ type: "update", recordId: 1 });
  });

  it.each([
    ["card", { type: "match", status: 419, isSettled: false }],
    ["peer", { type: "update", status: 208 }],
    ["both", { type: "create", status: 209 }],
  ] as const)("leaves the rest to the policy: %s", (winner, expected) => {
    expect(match({ entries: [entry(1, "x")], row: row(1), winner })).toMatchObject(expected);
    const restored = { entries: [entry(1, "old")], row: row(1), isTrusted: false, winner };
    expect(match(restored)).toMatchObject(expected);
  });

  it("matches each record once", () => {
    const unmatched = new UnmatchedRecords([entry(1, "new"), entry(2, "new")]);
    const resolve = (): ConflictWinner => "both";
    const facts = { hash: "new", strongKey: "", isRowTrusted: true, isRefresh: false, resolve };
    const seen = [1, 2, 3].map(() => {
      const action = matchSlow(facts, unmatched);
      if (action.type === "match") unmatched.take(action.recordId);
      return action.type === "match" ? action.recordId : action.type;
    });
    expect(seen).toEqual([1, 2, "create"]);
    expect(unmatched.ids()).toEqual([]);
  });
});
