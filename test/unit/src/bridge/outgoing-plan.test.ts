import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import type { MapRow } from "../../../../src/bridge/map-row.ts";
import {
  planFast,
  type ListedRecord,
  type PlanFacts,
} from "../../../../src/bridge/outgoing-plan.ts";
import { toLuid } from "../../../../syncml/index.ts";

const id = (number: number): RecordId => number as RecordId;
const row = (recordId: number, more: Partial<MapRow> = {}): MapRow => ({
  recordId: id(recordId),
  luid: toLuid(`L${String(recordId)}`),
  receivedHash: "old",
  sentState: "idle",
  createdGen: 1,
  ...more,
});
const listed = (recordId: number, more: Partial<ListedRecord> = {}): ListedRecord => ({
  recordId: id(recordId),
  changedBy: "others",
  isDeleted: false,
  hash: "new",
  ...more,
});

function plan(given: {
  readonly listed?: readonly ListedRecord[];
  readonly rows?: readonly MapRow[];
  readonly settled?: readonly number[];
  readonly named?: readonly number[];
  readonly live?: readonly number[];
  readonly isFromPrevious?: boolean;
}): readonly string[] {
  const rows = new Map((given.rows ?? []).map((each) => [each.recordId, each]));
  const facts: PlanFacts = {
    listed: given.listed ?? [],
    unfinished: [...rows.values()].filter((each) => each.sentState !== "idle"),
    rowOf: (recordId) => rows.get(recordId),
    settled: new Set((given.settled ?? []).map(id)),
    named: new Set((given.named ?? []).map(id)),
    isLive: (recordId) => (given.live ?? []).map(id).includes(recordId),
    isFromPrevious: given.isFromPrevious ?? false,
  };
  return planFast(facts).map(({ op, recordId }) => `${op} ${String(recordId)}`);
}

const { luid: _luid, ...unnamed } = row(1);
const unmapped = (more: Partial<MapRow>): MapRow => ({ ...unnamed, sentOp: "add", ...more });

describe("planFast", () => {
  it("sends Deletes, then Replaces, then Adds", () => {
    const changes = [listed(1), listed(2), listed(3, { isDeleted: true }), listed(4)];
    expect(plan({ listed: changes, rows: [row(2), row(3)] })).toEqual([
      "delete 3",
      "replace 2",
      "add 1",
      "add 4",
    ]);
  });

  it("gives the peer nothing that it said itself, and no Delete of what it never had", () => {
    expect(plan({ listed: [listed(1)], rows: [row(1)], settled: [1] })).toEqual([]);
    expect(plan({ listed: [listed(1, { isDeleted: true })] })).toEqual([]);
  });

  it("does not send what the peer holds already, but for sure after a lost last answer", () => {
    const rows = [row(1, { receivedHash: "x", sentHash: "new", sentOp: "replace" })];
    expect(plan({ listed: [listed(1)], rows })).toEqual([]);
    expect(plan({ listed: [listed(1)], rows, isFromPrevious: true })).toEqual(["replace 1"]);
    const gone = [listed(1, { isDeleted: true })];
    const deleted = [row(1, { deletedGen: 2, sentOp: "delete" })];
    expect(plan({ listed: gone, rows: deleted })).toEqual([]);
    expect(plan({ listed: gone, rows: deleted, isFromPrevious: true })).toEqual(["delete 1"]);
  });

  it("rule 4: sends own unconfirmed records that the peer did not name, as Replace", () => {
    const own = listed(1, { changedBy: "peer", hash: "old" });
    expect(plan({ listed: [own], rows: [row(1)] })).toEqual(["replace 1"]);
    expect(plan({ listed: [own], rows: [row(1)], named: [1] })).toEqual([]);
    const deletion = listed(1, { changedBy: "peer", isDeleted: true });
    expect(plan({ listed: [deletion], rows: [row(1, { deletedGen: 2 })] })).toEqual(["delete 1"]);
    expect(plan({ listed: [deletion], rows: [row(1, { deletedGen: 2 })], named: [1] })).toEqual([]);
  });

  it("sends an Add again that has no Status, and none whose Map is awaited", () => {
    expect(plan({ listed: [listed(1)], rows: [unmapped({ sentState: "sent" })] })).toEqual([
      "add 1",
    ]);
    expect(plan({ listed: [listed(1)], rows: [unmapped({})] })).toEqual([]);
  });

  it("sends again what was left unanswered although the card lists it no more", () => {
    const failed = row(1, { sentOp: "replace", sentState: "failed" });
    expect(plan({ rows: [failed], live: [1] })).toEqual(["replace 1"]);
    expect(plan({ rows: [failed], live: [] })).toEqual(["delete 1"]);
    expect(plan({ rows: [unmapped({ sentState: "failed" })], live: [1] })).toEqual(["add 1"]);
    expect(plan({ rows: [unmapped({ sentState: "failed" })], live: [] })).toEqual([]);
  });

  it("rule 6: a live record whose Delete has no Status goes out as Replace", () => {
    const rows = [row(1, { sentOp: "delete", sentState: "sent" })];
    expect(plan({ listed: [listed(1)], rows })).toEqual(["replace 1"]);
    expect(plan({ rows, live: [1] })).toEqual(["replace 1"]);
  });

  it("leaves unreadable records where they are", () => {
    const { hash: _hash, ...unreadable } = listed(1);
    expect(plan({ listed: [unreadable] })).toEqual([]);
  });
});
