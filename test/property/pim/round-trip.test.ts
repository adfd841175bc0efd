import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "../../../src/pim/card-record.ts";
import { fingerprint } from "../../../src/pim/fingerprint.ts";
import type { PimItem } from "../../../src/pim/item.ts";
import { mediaTypes } from "../../../src/pim/media-types.ts";
import { readItem } from "../../../src/pim/read-item.ts";
import { splitItems } from "../../../src/pim/split-items.ts";
import { writeItem } from "../../../src/pim/write-item.ts";
import {
  anyItem,
  cardLines,
  contactOf,
  eventLines,
  eventOf,
} from "../../support/pim-arbitraries.ts";
import { itemOf, SAMPLES } from "../../support/pim-samples.ts";

const RUNS = { numRuns: 200 };

const through = (item: PimItem, type: string): PimItem =>
  itemOf(item.kind, writeItem(item, type), type);

const typesOf = (item: PimItem): readonly string[] => mediaTypes(item.kind).map(({ type }) => type);

const holds = (item: PimItem): void => {
  for (const type of typesOf(item)) {
    const once = through(item, type);
    expect(fingerprint(once)).toBe(fingerprint(item));
    let again = once;
    for (let trip = 0; trip < 10; trip += 1) again = through(again, type);
    expect(again.text).toBe(once.text);
    if (!type.startsWith("text/x-") && item.kind !== "event") expect(once.text).toBe(item.text);
  }
};

describe("write and read again", () => {
  it("keeps the fingerprint in each media type, and ten trips change nothing more", () => {
    fc.assert(fc.property(anyItem, holds), RUNS);
  });

  it.each(SAMPLES)("does so for the sample $name", ({ kind, bytes }) => {
    holds(itemOf(kind, bytes));
  });
});

describe("card records", () => {
  it("give back the item", () => {
    fc.assert(
      fc.property(anyItem, (item) => {
        expect(decodeRecord(item.kind, encodeRecord(item))).toEqual({ type: "item", item });
      }),
      RUNS,
    );
  });

  it("never throw, and notice every flipped bit", () => {
    fc.assert(
      fc.property(anyItem, fc.nat(), fc.nat(7), (item, at, bit) => {
        const record = encodeRecord(item);
        const index = at % record.length;
        record[index] = (record[index] ?? 0) ^ (1 << bit);
        const decoded = decodeRecord(item.kind, record);
        expect(decoded.type === "unreadable" || decoded.item.text === item.text).toBe(true);
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe("the fingerprint does not count", () => {
  const shuffled = (lines: readonly string[]): fc.Arbitrary<readonly string[]> =>
    fc.shuffledSubarray([...lines], { minLength: lines.length, maxLength: lines.length });

  it("the order of properties, folding, line ends and the case of names", () => {
    const pairs = fc.oneof(
      cardLines.chain((lines) =>
        shuffled(lines).map((other) => [contactOf(lines), contactOf(other)]),
      ),
    );
    fc.assert(
      fc.property(pairs, fc.integer({ min: 2, max: 90 }), (pair, width) => {
        const [one, other] = pair;
        if (one === undefined || other === undefined) return;
        const unfolded = other.text.replaceAll("\r\n ", "").split("\r\n");
        const refolded = unfolded
          .map((line) => line.replace(/^[^:;]+/, (name) => name.toLowerCase()))
          .map((line) => line.replace(new RegExp(`(.{${String(width)}})(?=.)`, "gu"), "$1\n "))
          .join("\n");
        expect(fingerprint(itemOf("contact", refolded))).toBe(fingerprint(one));
      }),
      RUNS,
    );
  });
});

describe("the fingerprint counts", () => {
  it("every change of a value", () => {
    const edited = fc.oneof(
      cardLines.map((lines) => ({ lines, build: contactOf })),
      eventLines.map((lines) => ({ lines, build: eventOf })),
    );
    fc.assert(
      fc.property(edited, fc.nat(), ({ lines, build }, at) => {
        const index = at % lines.length;
        const line = lines[index] ?? "";
        if (/^(?:DTSTART|RRULE|EXDATE|DURATION|PHOTO|TRANSP)/.test(line)) return;
        const changed = lines.with(index, `${line}z`);
        expect(fingerprint(build(changed))).not.toBe(fingerprint(build(lines)));
      }),
      RUNS,
    );
  });

  it("every property that is gone", () => {
    fc.assert(
      fc.property(cardLines, fc.nat(), (lines, at) => {
        const gone = at % lines.length;
        const line = lines[gone] ?? "";
        const isEmpty = !/[^;:\s\\n]/.test(line.slice(line.indexOf(":")));
        if (isEmpty || gone <= 1) return;
        const rest = lines.filter((_, index) => index !== gone);
        expect(fingerprint(contactOf(rest))).not.toBe(fingerprint(contactOf(lines)));
      }),
      RUNS,
    );
  });
});

describe("hostile content", () => {
  const look = (kind: PimItem["kind"], bytes: Uint8Array): void => {
    const result = readItem(kind, undefined, bytes);
    if (result.type === "item")
      for (const type of typesOf(result.item)) writeItem(result.item, type);
    splitItems(kind, bytes, "file");
  };

  it("never throws: any bytes", () => {
    fc.assert(
      fc.property(anyItem, fc.uint8Array({ maxLength: 400 }), fc.nat(), (item, noise, at) => {
        look(item.kind, noise);
        const bytes = writeItem(item, "text/x-vcard");
        const cut = at % (bytes.length + 1);
        look(item.kind, Buffer.concat([bytes.subarray(0, cut), noise, bytes.subarray(cut)]));
      }),
      RUNS,
    );
  });

  it.each(SAMPLES)("never throws: every prefix of $name", ({ kind, bytes }) => {
    const step = Math.max(1, Math.floor(bytes.length / 400));
    for (let end = 0; end < bytes.length; end += step) look(kind, bytes.subarray(0, end));
  });
});
