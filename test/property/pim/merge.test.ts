import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../support/fixed-seed.ts";
import { fingerprint } from "../../../src/pim/fingerprint.ts";
import type { PimItem } from "../../../src/pim/item.ts";
import { mergeItem, projectItem } from "../../../src/pim/merge/merge-item.ts";
import { peerProfile, type PeerProfile } from "../../../src/pim/merge/peer-profile.ts";
import {
  anyText,
  cardLines,
  contactOf,
  eventLines,
  eventOf,
} from "../../support/pim-arbitraries.ts";

const NAMES = [
  "FN",
  "TEL",
  "EMAIL",
  "ADR",
  "ORG",
  "NOTE",
  "TITLE",
  "NICKNAME",
  "PHOTO",
  "BDAY",
  "X-*",
  "SUMMARY",
  "DESCRIPTION",
  "DTSTART",
  "DTEND",
  "RRULE",
  "EXDATE",
  "CATEGORIES",
  "RECURRENCE-ID",
];

const param = fc.constantFrom(
  { name: "TYPE" },
  { name: "TYPE", valEnums: ["HOME", "CELL"] },
  { name: "WORK" },
  { name: "TZID" },
  { name: "X-P" },
);

const property = fc.record(
  {
    name: fc.constantFrom(...NAMES),
    maxSize: fc.integer({ min: 1, max: 30 }),
    maxOccur: fc.integer({ min: 1, max: 3 }),
    noTruncate: fc.boolean(),
    params: fc.array(param, { maxLength: 3 }),
  },
  { requiredKeys: ["name"] },
);

const profiles: fc.Arbitrary<PeerProfile> = fc
  .array(property, { minLength: 1, maxLength: 12 })
  .map((properties) => peerProfile({ ctType: "text/vcard", properties }))
  .filter((profile) => profile !== undefined);

const records = fc.oneof(cardLines.map(contactOf), eventLines.map(eventOf));
const absences = fc.constantFrom("deleted" as const, "kept" as const);

describe("merging what a peer with limits gives back:", () => {
  it("an item that it did not touch is the same item", () => {
    fc.assert(
      fc.property(records, profiles, absences, (held, profile, absence) => {
        const incoming = projectItem(held, profile);
        expect(mergeItem({ held, incoming, profile, absence }).text).toBe(held.text);
      }),
      { numRuns: 300 },
    );
  });

  it("one changed field changes that field alone", () => {
    fc.assert(
      fc.property(cardLines, anyText, profiles, (lines, note, profile) => {
        const clean = lines.filter((line) => !/^(?:X-NEW|CATEGORIES)/.test(line));
        const held = contactOf([...clean, "X-KEPT:ours"]);
        const sent = projectItem(held, profile);
        const text = `changed${note.replaceAll(/[\\,;:\r\n\t =]/g, "")}`;
        const incoming = withLine(sent, `X-NEW:${text}`);
        const merged = mergeItem({ held, incoming, profile, absence: "deleted" });
        expect(fingerprint(merged)).toBe(fingerprint(withLine(held, `X-NEW:${text}`)));
      }),
      { numRuns: 300 },
    );
  });

  it("merging again changes nothing", () => {
    fc.assert(
      fc.property(records, records, profiles, absences, (held, incoming, profile, absence) => {
        const once = mergeItem({ held, incoming, profile, absence });
        const sent = projectItem(once, profile);
        const twice = mergeItem({ held: once, incoming: sent, profile, absence });
        expect(fingerprint(twice)).toBe(fingerprint(once));
      }),
      { numRuns: 300 },
    );
  });

  it("any text gives some item", () => {
    const texts = fc.oneof(
      anyText,
      anyText.map((text) => `BEGIN:VCARD\r\n${text}\r\nEND:VCARD\r\n`),
      fc.array(fc.constantFrom("BEGIN:VCARD", "END:VCARD", "TEL:1", "TEL", ":", "a.b.c:d")),
    );
    const anything = texts.map((text): PimItem => ({
      kind: "contact",
      text: typeof text === "string" ? text : text.join("\r\n"),
    }));
    fc.assert(
      fc.property(anything, anything, profiles, absences, (held, incoming, profile, absence) => {
        expect(mergeItem({ held, incoming, profile, absence }).kind).toBe("contact");
      }),
      { numRuns: 300 },
    );
  });
});

const withLine = (item: PimItem, line: string): PimItem => ({
  kind: item.kind,
  text: item.text.replace(/END:VCARD\r\n$/, `${line}\r\nEND:VCARD\r\n`),
});
