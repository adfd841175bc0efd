import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { textLines } from "../../../../src/pim/parse-text.ts";
import { readItem } from "../../../../src/pim/read-item.ts";
import { itemOf, SAMPLES, vcard, vevent } from "../../../support/pim-samples.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const card21 = (...lines: readonly string[]): string =>
  ["BEGIN:VCARD", "VERSION:2.1", ...lines, "END:VCARD", ""].join("\r\n");

describe("readItem", () => {
  it.each(SAMPLES)("reads the sample $name as $kind", ({ kind, bytes: content }) => {
    expect(readItem(kind, undefined, content).type).toBe("item");
  });

  it("keeps a vCard 3.0 line by line", () => {
    const text = vcard("N:Doe;Jo;;;", "FN:Jo", 'item1.X-FOO;A="b:c":d\\,e;f', "TEL;type=cell:1");
    expect(itemOf("contact", text).text).toBe(text);
  });

  it("unfolds before it decodes, so that a fold inside a character does no harm", () => {
    const folded = Buffer.concat([
      Buffer.from("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:J\xc3", "latin1"),
      Buffer.from("\r\n \xb6rg\r\nEND:VCARD\r\n", "latin1"),
    ]);
    expect(itemOf("contact", folded).text).toContain("FN:Jörg\r\n");
  });

  it("takes LF, CR and CR CR LF for line ends", () => {
    const text = vcard("N:Doe;Jo;;;", "FN:Jo");
    for (const end of ["\n", "\r", "\r\r\n"]) {
      expect(itemOf("contact", text.replaceAll("\r\n", end)).text).toBe(text);
    }
  });

  it("reads UTF-16 and a byte order mark", () => {
    const text = vcard("FN:Żółw");
    expect(itemOf("contact", iconv.encode(text, "utf-16le", { addBOM: true })).text).toBe(text);
    expect(itemOf("contact", `\ufeff${text}`).text).toBe(text);
  });

  it("takes bytes that are no UTF-8 for windows-1252", () => {
    const item = itemOf("contact", Buffer.from(vcard("FN:Grün"), "latin1"));
    expect(item.text).toContain("FN:Grün");
  });

  it("keeps a bad line, behind the others, and counts it", () => {
    const result = readItem("contact", "text/vcard", bytes(vcard("FN:A", "no colon", "TEL:1")));
    expect(result).toMatchObject({ type: "item", badLines: 1 });
    expect(result.type === "item" && textLines(result.item).slice(-3)).toEqual([
      "TEL:1",
      "no colon",
      "END:VCARD",
    ]);
  });

  it("undoes quoted-printable and charsets that a 3.0 card should not have", () => {
    const text =
      "BEGIN:VCARD\nVERSION:3.0\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6=\nrg\nEND:VCARD\n";
    expect(itemOf("contact", text).text).toContain("FN:Jörg\r\n");
  });

  it("goes by VERSION and not by the media type", () => {
    expect(itemOf("contact", card21("N:Doe;Jo"), "text/vcard").text).toContain("FN:Jo Doe");
    expect(itemOf("contact", vcard("FN:Jo"), "text/x-vcard; charset=UTF-8").text).toBe(
      vcard("FN:Jo"),
    );
  });

  it.each([
    ["contact", "text/calendar", vcard("FN:A")],
    ["contact", "text/vcard", vcard("FN:A").replace("3.0", "4.0")],
    ["event", "text/x-vcalendar", vevent("SUMMARY:A").replace("2.0", "1.0")],
    ["event", "text/calendar", vevent("SUMMARY:A").replaceAll("VEVENT", "VTODO")],
    ["note", "text/x-vnote", "BEGIN:VNOTE"],
    ["contact", "text/x-s4j-sifc", "<contact/>"],
  ] as const)("does not support %s as %s", (kind, type, text) => {
    expect(readItem(kind, type, bytes(text))).toEqual({ type: "unsupported" });
  });

  it.each([
    ["contact", "", "no item in it"],
    ["contact", "FN:A", "no item in it"],
    ["contact", "BEGIN:VCARD\nVERSION:3.0\nFN:A\n", "a BEGIN without its END"],
    ["contact", vcard("FN:A") + vcard("FN:B"), "more than one item in it"],
    ["event", vevent("UID:a", "END:VEVENT", "BEGIN:VEVENT", "UID:b"), "not exactly one item"],
    ["event", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR", "not exactly one item"],
    ["contact", "BEGIN:A\n".repeat(10_000), "a BEGIN without its END"],
    ["contact", "x".repeat(2_000_000), "larger than the limit"],
    ["contact", "A:b\n".repeat(30_000), "more lines than the limit"],
  ] as const)("calls %s malformed (%#)", (kind, text, why) => {
    expect(readItem(kind, undefined, bytes(text))).toEqual({ type: "malformed", why });
  });

  it("takes a master with its exceptions, and an exception alone", () => {
    const exception = ["UID:a", "RECURRENCE-ID:20240101T000000Z"];
    const both = vevent("UID:a", "END:VEVENT", "BEGIN:VEVENT", ...exception);
    expect(itemOf("event", both).text).toBe(both);
    expect(itemOf("event", vevent(...exception)).kind).toBe("event");
  });

  it("drops control characters that no XML can carry", () => {
    expect(itemOf("contact", vcard("FN:a\u0000b\u0007c\td")).text).toContain("FN:abc\td");
  });

  it("gives notes LF", () => {
    expect(itemOf("note", "a\r\nb\rc\n", "text/plain").text).toBe("a\nb\nc\n");
  });
});
