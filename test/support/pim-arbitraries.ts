import fc from "fast-check";
import { escapeText } from "../../src/pim/content-line/escape.ts";
import { foldLines } from "../../src/pim/content-line/fold.ts";
import type { PimItem } from "../../src/pim/item.ts";

/** Texts that formats stumble over: separators, escapes, quotes, line breaks, every script; no other controls. */
const piece = fc.oneof(
  fc.constantFrom(
    "\\",
    ";",
    ",",
    ":",
    '"',
    "\n",
    "=",
    "=0D",
    "\\n",
    "C:\\new",
    " ",
    "\t",
    ".",
    "ß",
    "日本",
    "👩‍👩‍👧",
    "ﷺ",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g;

export const anyText: fc.Arbitrary<string> = fc
  .array(piece, { maxLength: 12 })
  .map((pieces) => pieces.join("").replace(CONTROLS, ""));

const typeParam = fc.constantFrom(
  "",
  ";TYPE=HOME",
  ";TYPE=WORK,PREF",
  ";type=cell;type=pref",
  ";X-P=a b",
);
const textName = fc.constantFrom(
  "NOTE",
  "TITLE",
  "ROLE",
  "TEL",
  "EMAIL",
  "X-ANY",
  "X-OTHER",
  "NICKNAME",
);

const textLine = fc
  .tuple(textName, typeParam, anyText)
  .map(([name, param, text]) => `${name}${param}:${escapeText(text)}`);

const structuredLine = (name: string, count: number): fc.Arbitrary<string> =>
  fc
    .array(anyText, { minLength: count, maxLength: count })
    .map((parts) => `${name}:${parts.map(escapeText).join(";")}`);

const photoLine = fc
  .uint8Array({ maxLength: 300 })
  .map((bytes) => `PHOTO;ENCODING=b;TYPE=JPEG:${Buffer.from(bytes).toString("base64")}`);

const cardLine = fc.oneof(
  { weight: 4, arbitrary: textLine },
  structuredLine("ADR;TYPE=HOME", 7),
  structuredLine("ORG", 3),
  photoLine,
  fc.constantFrom("BDAY:1970-01-31", "GEO:1.5;-2", "URL:https://a.example/?x=1;y=2", "item1.TEL:7"),
);

/** The property lines of a contact, without the envelope. */
export const cardLines: fc.Arbitrary<readonly string[]> = fc
  .tuple(structuredLine("N", 5), anyText, fc.array(cardLine, { maxLength: 12 }))
  .map(([name, formatted, lines]) => [name, `FN:${escapeText(formatted)}`, ...lines]);

export const contactOf = (lines: readonly string[]): PimItem => ({
  kind: "contact",
  text: foldLines(["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD"]),
});

const eventLine = fc.oneof(
  fc
    .tuple(fc.constantFrom("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "X-ANY"), anyText)
    .map(([name, text]) => `${name}:${escapeText(text)}`),
  fc.constantFrom(
    "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=9",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20300101T000000Z",
    "EXDATE;TZID=Europe/Berlin:20240102T080000,20240103T080000",
    "DURATION:P1DT2H",
    "CATEGORIES:a,b",
    "TRANSP:TRANSPARENT",
  ),
);

/** The lines of one VEVENT, without the envelope. */
export const eventLines: fc.Arbitrary<readonly string[]> = fc
  .tuple(
    fc.constantFrom(
      "DTSTART:20240101T080000Z",
      "DTSTART;VALUE=DATE:20240229",
      "DTSTART;TZID=Europe/Berlin:20240101T080000",
    ),
    fc.array(eventLine, { maxLength: 8 }),
  )
  .map(([start, lines]) => [start, ...lines]);

export const eventOf = (lines: readonly string[]): PimItem => ({
  kind: "event",
  text: foldLines([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "BEGIN:VEVENT",
    "UID:a",
    ...lines,
    "END:VEVENT",
    "END:VCALENDAR",
  ]),
});

export const anyItem: fc.Arbitrary<PimItem> = fc.oneof(
  cardLines.map(contactOf),
  eventLines.map(eventOf),
  anyText.map((text): PimItem => ({ kind: "note", text })),
);
