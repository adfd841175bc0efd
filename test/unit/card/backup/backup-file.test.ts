import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CardBackup } from "../../../../card/backup/backup.ts";
import { decodeContent, encodeContent } from "../../../../card/backup/backup-content.ts";
import { openBackup, sealBackup } from "../../../../card/backup/backup-file.ts";
import type { CardUuid, DatabaseId } from "../../../../card/commands/ids.ts";
import { text } from "../../../support/card/virtual.ts";

/** The cheapest scrypt that a file may ask for: a hundred files are opened here. */
const CHEAP = 10;
const SECRET = "a pass phrase";

const database = (id: number): fc.Arbitrary<CardBackup["databases"][number]> =>
  fc.record({
    id: fc.constant(id as DatabaseId),
    label: fc.string({ unit: "grapheme", maxLength: 31 }).filter((name) => text(name).length <= 31),
    records: fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 5 }),
  });

const backups: fc.Arbitrary<CardBackup> = fc.record({
  uuid: fc.stringMatching(/^[0-9a-f]{16}$/).map((uuid) => uuid as CardUuid),
  madeAtMs: fc.nat(2 ** 46),
  databases: fc.tuple(database(1), database(2), database(3), database(4)),
});

const SMALL: CardBackup = {
  uuid: "0123456789abcdef" as CardUuid,
  madeAtMs: 1_790_000_000_000,
  databases: [{ id: 1 as DatabaseId, label: "Ada", records: [text("one"), text("")] }],
};

describe("a backup's content", () => {
  it("is decoded to what was encoded", () => {
    fc.assert(
      fc.property(backups, (backup) => {
        expect(decodeContent(encodeContent(backup))).toEqual(backup);
      }),
    );
  });

  it("is not taken where a byte is missing or too many", () => {
    fc.assert(
      fc.property(backups, fc.nat(), (backup, at) => {
        const bytes = encodeContent(backup);
        expect(decodeContent(bytes.subarray(0, at % bytes.length))).toBeUndefined();
        expect(decodeContent(new Uint8Array([...bytes, 0]))).toBeUndefined();
      }),
    );
  });

  it("is not taken where a database comes twice", () => {
    const { databases } = SMALL;
    const bytes = encodeContent({ ...SMALL, databases: [...databases, ...databases] });
    expect(decodeContent(bytes)).toBeUndefined();
  });
});

describe("a backup's file", () => {
  it("is opened by its pass phrase, however that was typed", async () => {
    const file = await sealBackup(SMALL, "Sch\u00f6n und lang", CHEAP);
    const opened = await openBackup(file, "Scho\u0308n und lang");
    expect(opened).toEqual({ type: "opened", backup: SMALL });
  });

  it("costs an attacker 128 MB a guess by default", async () => {
    const file = await sealBackup(SMALL, SECRET);
    expect(file[8]).toBe(17);
    expect((await openBackup(file, SECRET)).type).toBe("opened");
  });

  it("shows nothing of what is in it", async () => {
    const file = Buffer.from(await sealBackup(SMALL, SECRET, CHEAP));
    expect(file.includes("one")).toBe(false);
    expect(file.includes("Ada")).toBe(false);
    expect(file.includes(Buffer.from(SMALL.uuid, "hex"))).toBe(false);
  });

  it("is not opened by another pass phrase", async () => {
    const file = await sealBackup(SMALL, SECRET, CHEAP);
    expect(await openBackup(file, "another one")).toEqual({ type: "wrongPassphraseOrDamaged" });
  });

  it("is not opened with any one bit of any byte changed", async () => {
    const file = await sealBackup(SMALL, SECRET, CHEAP);
    for (let at = 0; at < file.length; at++) {
      const changed = file.map((byte, each) => (each === at ? byte ^ (1 << (at % 8)) : byte));
      expect((await openBackup(changed, SECRET)).type, String(at)).not.toBe("opened");
    }
  });

  it("is not opened cut off anywhere", async () => {
    const file = await sealBackup(SMALL, SECRET, CHEAP);
    for (let length = 0; length < file.length; length++) {
      const opened = await openBackup(file.subarray(0, length), SECRET);
      expect(opened.type, String(length)).not.toBe("opened");
    }
  });

  it("is told from other files and newer ones", async () => {
    const file = await sealBackup(SMALL, SECRET, CHEAP);
    expect(await openBackup(text("BEGIN:VCARD\r\nEND:VCARD\r\n".repeat(9)), SECRET)).toEqual({
      type: "notABackup",
    });
    const newer = file.map((byte, at) => (at === 7 ? 2 : byte));
    expect(await openBackup(newer, SECRET)).toEqual({ type: "newerVersion" });
  });
});
