import { describe, expect, it } from "vitest";
import { ctCaps } from "../../../../src/pim/ct-caps.ts";
import { joinItems } from "../../../../src/pim/join-items.ts";
import { PIM_KINDS } from "../../../../src/pim/kind.ts";
import { chooseMediaType, mediaTypes } from "../../../../src/pim/media-types.ts";
import { modifiedAtMs } from "../../../../src/pim/modified-at.ts";
import { strongKey } from "../../../../src/pim/strong-key.ts";
import { title } from "../../../../src/pim/title.ts";
import { itemOf, vcard, vevent } from "../../../support/pim-samples.ts";

const contact = (...lines: readonly string[]): ReturnType<typeof itemOf> =>
  itemOf("contact", vcard(...lines));
const event = (...lines: readonly string[]): ReturnType<typeof itemOf> =>
  itemOf("event", vevent("UID:a", ...lines));
const note = (text: string): ReturnType<typeof itemOf> => itemOf("note", text);

describe("title", () => {
  it.each([
    [contact("FN:Jo\\, the first", "N:Doe;Jo;;;"), "Jo, the first"],
    [contact("FN:", "N:Doe;Jo;;Dr.;"), "Dr. Jo Doe"],
    [contact("N:;;;;", "ORG:A;B"), "A"],
    [contact("EMAIL:a@b.example"), "a@b.example"],
    [contact("NOTE:x"), ""],
    [event("SUMMARY:a\\nb"), "a b"],
    [event(), ""],
    [note("\n  first \nsecond"), "first"],
    [note(""), ""],
  ])("of %j is %j", (item, expected) => {
    expect(title(item)).toBe(expected);
  });
});

describe("strongKey", () => {
  it("does not mind case, accents and the order of a name's words", () => {
    const key = strongKey(contact("FN:Jörg Weiß", "ORG:Mühle;X"));
    expect(key).toBe("contact|jorg weiss|muhle");
    expect(strongKey(contact("FN:WEISS\\, Jörg", "ORG:MÜHLE"))).toBe(key);
  });

  it("has summary and start of events, whatever the zone is called", () => {
    const key = strongKey(event("SUMMARY:A", "DTSTART;TZID=Europe/Berlin:20240101T080000"));
    expect(key).toBe("event|a|2024-01-01T08:00:00");
    expect(strongKey(event("SUMMARY:a", "DTSTART;TZID=/x.org/Europe/Berlin:20240101T080000"))).toBe(
      key,
    );
  });

  it("is empty where there is nothing to go by", () => {
    expect([contact("NOTE:x"), event(), note(" \n")].map(strongKey)).toEqual(["", "", ""]);
  });

  it("is the first line of a note", () => {
    expect(strongKey(note("Käse\nx"))).toBe("note|kase");
  });
});

describe("modifiedAtMs", () => {
  it.each([
    [contact("REV:2024-02-11T09:30:00Z"), Date.UTC(2024, 1, 11, 9, 30)],
    [contact("REV:20240211"), Date.UTC(2024, 1, 11)],
    [event("LAST-MODIFIED:20240105T120000Z"), Date.UTC(2024, 0, 5, 12)],
    [event("DTSTAMP:20240105T120000Z"), undefined],
    [contact("REV:yesterday"), undefined],
    [note("x"), undefined],
  ])("of %j is %j", (item, expected) => {
    expect(modifiedAtMs(item)).toBe(expected);
  });
});

describe("media types", () => {
  const v21 = { type: "text/x-vcard", version: "2.1" };
  const v30 = { type: "text/vcard", version: "3.0" };

  it("follow the peer's preference, then ours, then our first", () => {
    expect(chooseMediaType("contact", [v21, v30], v21)).toBe("text/x-vcard");
    expect(chooseMediaType("contact", [v21, v30])).toBe("text/vcard");
    expect(chooseMediaType("contact", [{ type: "text/x-s4j-sifc", version: "1.0" }, v21])).toBe(
      "text/x-vcard",
    );
    expect(chooseMediaType("contact", [])).toBe("text/vcard");
    expect(chooseMediaType("note", [{ type: "text/plain", version: "1.1" }])).toBe("text/plain");
  });

  it("have their capabilities, each property once", () => {
    for (const kind of PIM_KINDS) {
      const caps = ctCaps(kind);
      if (kind === "note") expect(caps).toEqual([]);
      else
        expect(caps.map(({ ctType }) => ctType)).toEqual(mediaTypes(kind).map(({ type }) => type));
      for (const { properties } of caps) {
        const names = properties.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });
});

it("exports one safely named file an item", () => {
  const items = ["a/../b: c?", "A b", "a.b", "", "CON", "日本 🗾"].map((name) =>
    contact(`FN:${name}`),
  );
  expect(joinItems("contact", items).map(({ name }) => name)).toEqual([
    "a-b-c.vcf",
    "a-b.vcf",
    "a-b-2.vcf",
    "contact.vcf",
    "contactcon.vcf",
    "日本.vcf",
  ]);
});
