import { describe, expect, it } from "vitest";
import { splitItems } from "../../../../src/pim/split-items.ts";
import { title } from "../../../../src/pim/title.ts";
import { vcard, vevent } from "../../../support/pim-samples.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const titles = (kind: "contact" | "event" | "task" | "note", text: string): readonly string[] =>
  splitItems(kind, bytes(text), "f").items.map(title);

const old = "BEGIN:VCARD\nVERSION:2.1\nN:Old\nAGENT:\nBEGIN:VCARD\nN:Inner\nEND:VCARD\nEND:VCARD\n";
const zone = (name: string): string =>
  `BEGIN:VTIMEZONE\r\nTZID:${name}\r\nBEGIN:STANDARD\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n`;

describe("splitItems", () => {
  it("takes cards of any mix of versions", () => {
    expect(titles("contact", vcard("FN:A") + old + vcard("FN:B"))).toEqual(["A", "Old", "B"]);
  });

  it("loses no neighbour of a broken card", () => {
    const broken = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:cut";
    const result = splitItems(
      "contact",
      bytes(`${vcard("FN:A")}${broken}\r\n${vcard("FN:B")}`),
      "f",
    );
    expect(result.items.map(title)).toEqual(["A", "B"]);
    expect(result.problems).toEqual(["f: contact 2 was not taken: a BEGIN without its END"]);
  });

  it("puts exceptions to their master and keeps the zones that are named", () => {
    const text = vevent(
      "UID:a",
      "SUMMARY:A",
      "DTSTART;TZID=Zone/One:20240101T080000",
      "END:VEVENT",
      "BEGIN:VEVENT",
      "UID:b",
      "SUMMARY:B",
      "END:VEVENT",
      "BEGIN:VEVENT",
      "UID:a",
      "RECURRENCE-ID;TZID=Zone/One:20240102T080000",
    ).replace("BEGIN:VEVENT", `${zone("Zone/One")}${zone("Zone/Two")}BEGIN:VEVENT`);
    const { items, problems } = splitItems("event", bytes(text), "f");
    expect(problems).toEqual([]);
    expect(items.map(title)).toEqual(["A", "B"]);
    expect(items[0]?.text).toContain("RECURRENCE-ID");
    expect(items[0]?.text).toContain("TZID:Zone/One");
    expect(items[0]?.text).not.toContain("Zone/Two");
    expect(items[1]?.text).not.toContain("VTIMEZONE");
  });

  it("takes what is complete of a calendar that is cut off", () => {
    const text = vevent("UID:a", "SUMMARY:Ä", "END:VEVENT", "BEGIN:VEVENT", "UID:b", "SUMMARY:B");
    expect(titles("event", text.slice(0, -30))).toEqual(["Ä"]);
  });

  it("takes events from a file that has tasks too, and tasks as tasks", () => {
    const text = vevent(
      "UID:a",
      "SUMMARY:A",
      "END:VEVENT",
      "BEGIN:VTODO",
      "UID:b",
      "SUMMARY:B",
      "END:VTODO",
      "BEGIN:VEVENT",
      "UID:c",
    );
    expect(titles("event", text)).toEqual(["A", ""]);
    expect(titles("task", text)).toEqual(["B"]);
  });

  it("says what it could not take, without contents", () => {
    const four = vcard("FN:Secret").replace("3.0", "4.0");
    expect(splitItems("contact", bytes(four), "f").problems).toEqual([
      "f: contact 1 was not taken: its format or version is not supported",
    ]);
    expect(splitItems("note", bytes(" \n"), "f").problems).toEqual(["f: there is no note in it"]);
    expect(titles("note", "a\nb")).toEqual(["a"]);
  });
});
