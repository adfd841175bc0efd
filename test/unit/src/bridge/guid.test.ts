import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import { guidOf, isShort, recordOf } from "../../../../src/bridge/guid.ts";
import type { MapRow } from "../../../../src/bridge/map-row.ts";
import { toGuid, toLuid } from "../../../../syncml/index.ts";

const HIGHEST = 0xffff_ffff;

const awaited = (id: number): MapRow => ({
  recordId: id as RecordId,
  sentOp: "add",
  sentState: "sent",
  createdGen: 1,
});

const recordIds = fc.integer({ min: 1, max: HIGHEST }).map((id) => id as RecordId);

describe("names of records for a peer that has none of its own yet", () => {
  it("keep to what the peer can keep, and are understood again", () => {
    fc.assert(
      fc.property(recordIds, fc.integer({ min: 4, max: 20 }), (id, maxSize) => {
        const guid = guidOf(id, maxSize);
        expect(guid.length).toBeLessThanOrEqual(maxSize);
        expect(recordOf(guid, [awaited(id)])).toBe(id);
      }),
    );
  });

  it("are the record's number wherever it fits or nothing is known", () => {
    expect(guidOf(12_345 as RecordId, 5)).toBe("12345");
    expect(guidOf(HIGHEST as RecordId, undefined)).toBe("4294967295");
    expect(guidOf(HIGHEST as RecordId, 0)).toBe("4294967295");
    expect(guidOf(HIGHEST as RecordId, 8)).toBe("#1z141z3");
  });

  it("that are short mean no record but one whose Map is awaited, and none where several fit", () => {
    const guid = guidOf(HIGHEST as RecordId, 4);
    expect(isShort(guid)).toBe(true);
    const mapped: MapRow = { ...awaited(HIGHEST), luid: toLuid("7") };
    expect(recordOf(guid, [mapped])).toBeUndefined();
    expect(recordOf(guid, [awaited(HIGHEST), awaited(HIGHEST - 36 ** 3)])).toBeUndefined();
  });

  it("that we never gave mean nothing", () => {
    for (const guid of ["", "x", "1.5", "#"]) {
      const found = recordOf(toGuid(guid), []);
      expect(found === undefined || found === 0).toBe(true);
    }
  });
});
