import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "../../../../src/pim/card-record.ts";
import type { PimKind } from "../../../../src/pim/kind.ts";

interface Vector {
  readonly kind: PimKind;
  readonly text: string;
  readonly hex: string;
}

const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../vectors/pim/card-records.json"), "utf8"),
) as readonly Vector[];

const unreadable = (why: string): unknown => ({ type: "unreadable", why });

describe("card records", () => {
  it.each(VECTORS)("the golden $kind record $hex is read for ever", ({ kind, text, hex }) => {
    const decoded = decodeRecord(kind, Buffer.from(hex, "hex"));
    expect(decoded).toEqual({ type: "item", item: { kind, text } });
  });

  it("stores short texts as they are and deflates long ones", () => {
    expect(Buffer.from(encodeRecord({ kind: "note", text: "abc" })).toString("hex")).toBe(
      "100341c2616263",
    );
    const long = encodeRecord({ kind: "note", text: "abc".repeat(100) });
    expect(long[0]).toBe(0x11);
    expect(long.length).toBeLessThan(20);
  });

  it.each([
    ["", "shorter than its header"],
    ["100341", "shorter than its header"],
    ["200341c2616263", "written by a newer version"],
    ["120341c2616263", "written by a newer version"],
    ["100141c2616263", "of another kind"],
    ["100341c3616263", "wrong checksum"],
    ["110341c2616263", "damaged body"],
  ])("%s is unreadable", (hex, why) => {
    expect(decodeRecord("note", Buffer.from(hex, "hex"))).toEqual(unreadable(why));
  });

  it("does not inflate a bomb", () => {
    const bomb = deflateRawSync(Buffer.alloc(50 * 1024 * 1024));
    const record = Buffer.concat([Buffer.from("11030000", "hex"), bomb]);
    expect(decodeRecord("note", record)).toEqual(unreadable("damaged body"));
  });
});
