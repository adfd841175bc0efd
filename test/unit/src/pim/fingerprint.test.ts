import { describe, expect, it } from "vitest";
import { fingerprint } from "../../../../src/pim/fingerprint.ts";
import { itemOf, vcard, vevent } from "../../../support/pim-samples.ts";

const ofCard = (...lines: readonly string[]): string =>
  fingerprint(itemOf("contact", vcard("N:Doe;Jo;;;", "FN:Joey", ...lines)));
const ofEvent = (...lines: readonly string[]): string =>
  fingerprint(itemOf("event", vevent("UID:a", ...lines)));

describe("fingerprint of contacts", () => {
  it.each([
    [["TEL;TYPE=CELL,PREF:1"], ["TEL;type=pref;type=cell:1"]],
    [["TEL;TYPE=VOICE:1"], ["TEL:1"]],
    [["NOTE:a\\, b"], ["NOTE:a, b"]],
    [["NOTE:a"], ["NOTE:a\\n"]],
    [["NOTE:a"], ["NOTE:a", "TITLE:", "ADR:;;;;;;", "ORG:;"]],
    [["CATEGORIES:a,b"], ["CATEGORIES:b", "CATEGORIES: a"]],
    [["ORG:A"], ["ORG:A;;"]],
    [["BDAY:19700131"], ["BDAY;VALUE=DATE:1970-01-31"]],
    [["BDAY:19700131"], ["BDAY:1970-01-31T00:00:00Z"]],
    [["NOTE:a"], ["NOTE:a", "REV:20240101T000000Z", "UID:x", "PRODID:y", "X-SYNCEVOLUTION-Z:1"]],
    [
      ["PHOTO;ENCODING=b;TYPE=JPEG:QUFB", "TEL:1"],
      ["TEL:1", "PHOTO;TYPE=jpeg;ENCODING=BASE64:QU", " FB"],
    ],
    [
      ["item1.TEL:1", "item1.X-ABLabel:Boat"],
      ["a.X-ABLABEL:Boat", "a.TEL:1"],
    ],
    [["TEL;X-EVOLUTION-UI-SLOT=2:1"], ["TEL:1"]],
    [
      ["X-ANNIVERSARY:20010405"],
      ["X-ANNIVERSARY:2001-04-05", "X-EVOLUTION-ANNIVERSARY:2001-04-05"],
    ],
    [["URL:http://a.example/?a;b"], ["URL:http\\://a.example/?a\\;b"]],
  ])("%j equals %j", (one, other) => {
    expect(ofCard(...one)).toBe(ofCard(...other));
  });

  it.each([
    [["TEL;TYPE=CELL:1"], ["TEL;TYPE=HOME:1"]],
    [["TEL:1"], ["TEL:2"]],
    [["TEL:1"], ["TEL:1", "TEL:1"]],
    [["ORG:A;B"], ["ORG:A\\;B"]],
    [["NOTE:a\\nb"], ["NOTE:a b"]],
    [
      ["item1.TEL:1", "item1.X-ABLabel:Boat"],
      ["item1.TEL:1", "item1.X-ABLabel:Car"],
    ],
    [["CATEGORIES:a"], ["CATEGORIES:A"]],
    [["X-UNKNOWN:1"], []],
    [["BDAY:19700131"], ["BDAY:19700131T101500Z"]],
  ])("%j differs from %j", (one, other) => {
    expect(ofCard(...one)).not.toBe(ofCard(...other));
  });

  it("takes FN that only repeats N for none, and any other for data", () => {
    const of = (...lines: readonly string[]): string =>
      fingerprint(itemOf("contact", vcard("N:Doe;Jo;;;", ...lines)));
    expect(of("FN:Jo Doe")).toBe(of());
    expect(of("FN:Doe Jo")).not.toBe(of());
  });

  it("is the same for vCard 2.1", () => {
    const old =
      "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8:Größe;Jo\nTEL;CELL:1\nNOTE:a, b\nEND:VCARD\n";
    const text = vcard("FN:Jo Größe", "NOTE:a\\, b", "N:Größe;Jo;;;", "TEL;TYPE=cell:1");
    expect(fingerprint(itemOf("contact", old))).toBe(fingerprint(itemOf("contact", text)));
  });
});

const START = "DTSTART;TZID=Europe/Berlin:20240514T200000";

describe("fingerprint of events", () => {
  it.each([
    [
      [START],
      ["DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Europe/Berlin:20240514T200000"],
    ],
    [
      [START, "DURATION:PT1H"],
      [START, "DTEND;TZID=Europe/Berlin:20240514T210000"],
    ],
    [["DTSTART:20240514"], ["DTSTART;VALUE=DATE:20240514", "DTEND;VALUE=DATE:20240515"]],
    [
      [START, "RRULE:FREQ=DAILY;COUNT=5"],
      [START, "RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20240518T180000Z"],
    ],
    [
      [START, "RRULE:FREQ=WEEKLY"],
      [START, "RRULE:FREQ=WEEKLY;BYDAY=TU;WKST=MO"],
    ],
    [
      [START, "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=2TU"],
      [START, "RRULE:FREQ=MONTHLY;INTERVAL=12;BYDAY=2TU"],
    ],
    [
      [START, "RRULE:BYMONTHDAY=14;FREQ=MONTHLY"],
      [START, "RRULE:FREQ=MONTHLY"],
    ],
    [
      ["EXDATE:20240101T000000Z,20240102T000000Z"],
      ["EXDATE:20240102T000000Z", "EXDATE:20240101T000000Z"],
    ],
    [
      ["SUMMARY:a"],
      [
        "SUMMARY:a",
        "CLASS:PUBLIC",
        "TRANSP:OPAQUE",
        "PRIORITY:0",
        "SEQUENCE:4",
        "DTSTAMP:20240101T000000Z",
      ],
    ],
    [
      ["ATTENDEE;CN=Jo;ROLE=REQ-PARTICIPANT:mailto:a@b.example"],
      ['ATTENDEE;CN="Jo":MAILTO:a@b.example'],
    ],
    [
      ["BEGIN:VALARM", "TRIGGER:-PT1H", "ACTION:DISPLAY", "END:VALARM"],
      [
        "BEGIN:VALARM",
        "ACTION:display",
        "TRIGGER;RELATED=START;VALUE=DURATION:-PT60M",
        "END:VALARM",
      ],
    ],
  ])("%j equals %j", (one, other) => {
    expect(ofEvent(...one)).toBe(ofEvent(...other));
  });

  it.each([
    [[START], ["DTSTART;TZID=Europe/London:20240514T200000"]],
    [[START], ["DTSTART:20240514T200000"]],
    [["DTSTART:20240514T200000Z"], ["DTSTART:20240514T200000"]],
    [["DTSTART:20240514T000000"], ["DTSTART;VALUE=DATE:20240514"]],
    [
      ["DTSTART:20240514", "DTEND:20240515"],
      ["DTSTART:20240514", "DTEND:20240516"],
    ],
    [
      [START, "RRULE:FREQ=DAILY;COUNT=5"],
      [START, "RRULE:FREQ=DAILY;COUNT=6"],
    ],
    [
      [START, "RRULE:FREQ=DAILY"],
      [START, "RRULE:FREQ=DAILY;COUNT=6"],
    ],
    [
      [START, "RRULE:FREQ=YEARLY;BYDAY=2TU"],
      [START, "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=2TU"],
    ],
    [
      [START, "RRULE:FREQ=YEARLY;BYMONTHDAY=14"],
      [START, "RRULE:FREQ=YEARLY"],
    ],
    [
      ["BEGIN:VALARM", "TRIGGER:-PT1H", "END:VALARM"],
      ["BEGIN:VALARM", "TRIGGER;RELATED=END:-PT1H", "END:VALARM"],
    ],
    [["STATUS:TENTATIVE"], ["STATUS:CONFIRMED"]],
  ])("%j differs from %j", (one, other) => {
    expect(ofEvent(...one)).not.toBe(ofEvent(...other));
  });
});

it("fingerprints notes by their text without trailing line breaks", () => {
  const of = (text: string): string => fingerprint(itemOf("note", text));
  expect(of("a\r\nb\r\n\r\n")).toBe(of("a\nb"));
  expect(of("a\nb")).not.toBe(of("a\nB"));
});

it("fingerprints 5,000 contacts in well under a second", () => {
  const item = itemOf(
    "contact",
    vcard(
      "N:Doe;Jo;;;",
      "FN:Jo D",
      "TEL;TYPE=CELL:1",
      "TEL:2",
      "EMAIL:a@b.example",
      "ADR:;;a;b;c;d;e",
      "NOTE:x\\, y",
    ),
  );
  const started = performance.now();
  for (let count = 0; count < 5_000; count += 1) fingerprint(item);
  expect(performance.now() - started).toBeLessThan(2_000);
});
