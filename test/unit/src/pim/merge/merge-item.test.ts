import { describe, expect, it } from "vitest";
import type { CtProperty } from "../../../../../syncml/index.ts";
import { foldLines } from "../../../../../src/pim/content-line/fold.ts";
import type { PimItem } from "../../../../../src/pim/item.ts";
import { mergeItem } from "../../../../../src/pim/merge/merge-item.ts";
import {
  NAMED_FIELDS_ONLY,
  peerProfile,
  type PeerProfile,
} from "../../../../../src/pim/merge/peer-profile.ts";
import { textLines } from "../../../../../src/pim/parse-text.ts";

const card = (...lines: readonly string[]): PimItem => ({
  kind: "contact",
  text: foldLines(["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD"]),
});

const events = (...blocks: readonly (readonly string[])[]): PimItem => ({
  kind: "event",
  text: foldLines([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    ...blocks.flatMap((lines) => ["BEGIN:VEVENT", ...lines, "END:VEVENT"]),
    "END:VCALENDAR",
  ]),
});

function profileOf(...properties: readonly (string | CtProperty)[]): PeerProfile {
  const profile = peerProfile({
    ctType: "text/vcard",
    properties: properties.map((each) => (typeof each === "string" ? { name: each } : each)),
  });
  if (profile === undefined) throw new Error("a profile of nothing");
  return profile;
}

/** What is merged, without the envelope. */
const merged = (
  held: PimItem,
  incoming: PimItem,
  profile: PeerProfile,
  absence: "deleted" | "kept" = "deleted",
): readonly string[] =>
  textLines(mergeItem({ held, incoming, profile, absence })).filter(
    (line) => !/^(?:BEGIN:V|END:V|VERSION)/.test(line),
  );

describe("a property", () => {
  it("that the peer does not list stays, unless the peer names it: then its word counts", () => {
    const held = card("N:A", "TITLE:Dr", "ROLE:x", "BDAY:1970-01-31");
    const incoming = card("N:A", "TITLE:Prof", "ROLE:");
    expect(merged(held, incoming, profileOf("N"))).toEqual([
      "N:A",
      "TITLE:Prof",
      "ROLE:",
      "BDAY:1970-01-31",
    ]);
  });

  it("that the peer lists and does not send is deleted, but where nothing says it had it", () => {
    const [held, incoming] = [card("N:A", "TITLE:Dr"), card("N:A")];
    expect(merged(held, incoming, profileOf("TITLE"))).toEqual(["N:A"]);
    expect(merged(held, incoming, profileOf("TITLE"), "kept")).toEqual(["N:A", "TITLE:Dr"]);
  });

  it("goes by one name: SyncEvolution's is that of others", () => {
    const [held, incoming] = [card("N:A", "X-SPOUSE:B"), card("N:A", "X-EVOLUTION-SPOUSE:C")];
    expect(merged(held, incoming, profileOf("X-EVOLUTION-SPOUSE"))).toEqual([
      "N:A",
      "X-EVOLUTION-SPOUSE:C",
    ]);
  });
});

describe("a value", () => {
  const notes = profileOf({ name: "NOTE", maxSize: 8 }, { name: "PHOTO", maxSize: 8 });

  it("that the peer cut stays whole; another one is its own", () => {
    const held = card("N:A", "NOTE:one two three");
    expect(merged(held, card("N:A", "NOTE:one two"), notes)).toContain("NOTE:one two three");
    expect(merged(held, card("N:A", "NOTE:other"), notes)).toEqual(["N:A", "NOTE:other"]);
    expect(merged(held, card("N:A"), notes)).toEqual(["N:A"]);
  });

  it("of which a peer keeps nothing, since it cannot be cut, stays until the peer has another", () => {
    const held = card("N:A", "PHOTO;ENCODING=b:AAAABBBBCCCC");
    expect(merged(held, card("N:A"), notes)).toContain("PHOTO;ENCODING=b:AAAABBBBCCCC");
    const other = card("N:A", "PHOTO;ENCODING=b:DDDD");
    expect(merged(held, other, notes)).toEqual(["N:A", "PHOTO;ENCODING=b:DDDD"]);
  });

  it("for which there is no room stays, whichever of several the peer has", () => {
    const held = card("N:A", "TEL:1", "TEL:2", "TEL:3");
    const two = profileOf({ name: "TEL", maxOccur: 2 });
    const numbers = (...own: readonly string[]): readonly string[] =>
      [...merged(held, card("N:A", ...own), two)].slice(1).sort();
    expect(numbers("TEL:1", "TEL:3")).toEqual(["TEL:1", "TEL:2", "TEL:3"]);
    expect(numbers("TEL:1", "TEL:4")).toEqual(["TEL:1", "TEL:3", "TEL:4"]);
    expect(numbers("TEL:2")).toEqual(["TEL:2", "TEL:3"]);
  });
});

describe("a parameter", () => {
  const held = card("N:A", "EMAIL;TYPE=HOME,PREF;X-A=b:a@b.example");

  it.each<[string, CtProperty, string, string]>([
    ["unknown to the peer stays", { name: "EMAIL" }, "EMAIL", "EMAIL;TYPE=HOME,PREF;X-A=b"],
    [
      "of known values is the peer's for these",
      { name: "EMAIL", params: [{ name: "TYPE", valEnums: ["home", "Work"] }] },
      "EMAIL;TYPE=WORK",
      "EMAIL;TYPE=WORK,PREF;X-A=b",
    ],
    [
      "TYPE may be listed as its words",
      { name: "EMAIL", params: [{ name: "HOME" }, { name: "WORK" }] },
      "EMAIL;TYPE=WORK",
      "EMAIL;TYPE=WORK,PREF;X-A=b",
    ],
    [
      "that the peer has in full is the peer's",
      { name: "EMAIL", params: [{ name: "TYPE" }] },
      "EMAIL",
      "EMAIL;X-A=b",
    ],
  ])("%s", (_, property, incoming, expected) => {
    const lines = merged(held, card("N:A", `${incoming}:a@b.example`), profileOf(property));
    expect(lines).toEqual(["N:A", `${expected}:a@b.example`]);
  });

  it("does not move to another value", () => {
    expect(merged(held, card("N:A", "EMAIL:c@d.example"), profileOf("EMAIL"))).toEqual([
      "N:A",
      "EMAIL:c@d.example",
    ]);
  });
});

describe("a contact", () => {
  it("keeps the name that somebody wrote, while the parts of the name are the same", () => {
    const held = card("N:Lovelace;Ada", "FN:Countess of Lovelace");
    const same = card("N:Lovelace;Ada", "FN:Ada Lovelace", "TITLE:x");
    expect(merged(held, same, profileOf("TITLE"))[0]).toBe("FN:Countess of Lovelace");
    const renamed = card("N:Byron;Ada", "FN:Ada Byron");
    expect(merged(held, renamed, profileOf("TITLE"))[0]).toBe("FN:Ada Byron");
  });

  it("keeps labels at the lines that they label", () => {
    const held = card("N:A", "item1.TEL:1", "item1.X-ABLabel:boat");
    const incoming = card("N:A", "item1.TEL:2", "TEL:1");
    expect(merged(held, incoming, profileOf("TEL"))).toEqual([
      "N:A",
      "TEL:2",
      "item1.TEL:1",
      "item1.X-ABLabel:boat",
    ]);
  });

  it("with single fields named changes in these alone", () => {
    const held = card("N:A", "TEL:1", "TEL:2", "NOTE:n");
    expect(merged(held, card("TEL:3"), NAMED_FIELDS_ONLY)).toEqual(["TEL:3", "N:A", "NOTE:n"]);
  });
});

describe("an event", () => {
  const series = ["UID:1", "DTSTART:20260105T080000Z", "RRULE:FREQ=WEEKLY", "SUMMARY:a"];
  const moved = ["UID:1", "RECURRENCE-ID:20260112T080000Z", "DTSTART:20260112T090000Z"];
  const alarm = ["BEGIN:VALARM", "TRIGGER:-PT5M", "ACTION:DISPLAY", "X-A:b", "END:VALARM"];
  const known = ["DTSTART", "DTEND", "SUMMARY", "RRULE"] as const;

  it("keeps the exceptions and alarms of which the peer knows nothing", () => {
    const held = events([...series, ...alarm], [...moved, "LOCATION:x"]);
    const incoming = events(series.with(3, "SUMMARY:b"));
    const lines = merged(held, incoming, profileOf(...known));
    expect(lines).toEqual(expect.arrayContaining(["SUMMARY:b", "LOCATION:x", "TRIGGER:-PT5M"]));
    expect(lines).not.toContain("SUMMARY:a");
  });

  it("merges exceptions and alarms that both have one by one", () => {
    const held = events([...series, ...alarm], [...moved, "LOCATION:x"]);
    const bare = alarm.filter((line) => line !== "X-A:b");
    const incoming = events([...series, ...bare], [...moved, "SUMMARY:late"]);
    const profile = profileOf(...known, "RECURRENCE-ID", "TRIGGER", "ACTION");
    const lines = merged(held, incoming, profile);
    expect(lines).toEqual(expect.arrayContaining(["SUMMARY:late", "LOCATION:x", "X-A:b"]));
    expect(lines.filter((line) => line === "TRIGGER:-PT5M")).toHaveLength(1);
  });

  it("loses the exception that a peer which knows them leaves out", () => {
    const lines = merged(
      events(series, moved),
      events(series),
      profileOf(...known, "RECURRENCE-ID"),
    );
    expect(lines.filter((line) => line.startsWith("RECURRENCE-ID"))).toEqual([]);
  });

  it("ends once, however that is said", () => {
    const start = "DTSTART:20260105T080000Z";
    const held = events(["UID:1", start, "DURATION:PT1H"]);
    const incoming = events(["UID:1", start, "DTEND:20260105T100000Z"]);
    const lines = merged(held, incoming, profileOf(...known));
    expect(lines).not.toContain("DURATION:PT1H");
    expect(lines).toContain("DTEND:20260105T100000Z");
  });
});

it("thousands of lines that match nowhere are merged at once", () => {
  const many = (prefix: string): PimItem =>
    card("N:A", ...Array.from({ length: 5_000 }, (_, at) => `NOTE:${prefix}${String(at)}`));
  const profile = profileOf({ name: "NOTE", maxSize: 4 });
  expect(merged(many("first"), many("second"), profile).length).toBe(5_001);
});
