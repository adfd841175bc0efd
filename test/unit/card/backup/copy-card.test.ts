import { describe, expect, it } from "vitest";
import {
  capacityOf,
  fits,
  readDatabases,
  writeDatabases,
} from "../../../../card/backup/copy-card.ts";
import {
  CONTACTS,
  createBench,
  EVENTS,
  login,
  peer,
  settle,
  text,
} from "../../../support/card/virtual.ts";

describe("the copy of a card", () => {
  it("fills another card with the same records in the same order, and no peer", async () => {
    const card = await login(createBench());
    await card.putLabel(CONTACTS, "Ada");
    await settle(card, peer(1));
    const first = await card.create(CONTACTS, text("gone"));
    await card.create(CONTACTS, text("one"));
    await card.create(EVENTS, text("two".repeat(200)));
    if (first.type === "written") await card.delete(CONTACTS, first.id);
    await card.create(CONTACTS, text("three"));
    const copied = await readDatabases(card);
    const other = await login(createBench());
    await writeDatabases(other, copied);
    expect(await readDatabases(other)).toEqual(copied);
    expect(copied[0]).toMatchObject({ label: "Ada", records: [text("one"), text("three")] });
    expect(await other.peers()).toEqual([]);
  });

  it("says full where the card is, whatever was foretold", async () => {
    const card = await login(createBench({ sizeKb: 16 }));
    const records = Array.from({ length: 200 }, () => text("x".repeat(300)));
    const all = [{ id: CONTACTS, label: "", records }];
    await expect(writeDatabases(card, all)).rejects.toMatchObject({ code: "CARD_FULL" });
  });
});

describe("the room of a card", () => {
  it.each([1, 62, 63, 300, 1000])("is what it takes of %i bytes each, exactly", async (length) => {
    const content = text("x".repeat(length));
    const card = await login(createBench({ sizeKb: 16 }));
    const written: Uint8Array[] = [];
    while ((await card.create(CONTACTS, content)).type === "written") written.push(content);
    const capacity = await capacityOf(card, written);
    expect(fits(capacity, written)).toBe(true);
    expect(fits(capacity, [...written, content])).toBe(false);
    await card.wipe((await card.identity()).uuid);
    expect(await capacityOf(card, [])).toMatchObject({
      blocks: capacity.blocks,
      headers: capacity.headers,
    });
  });
});
