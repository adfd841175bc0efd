import { describe, expect, test } from "vitest";
import type { PimCard } from "../../../../card/client/pim-card.ts";
import type { RecordId } from "../../../../card/commands/ids.ts";
import { CSN_LIMIT } from "../../../../card/virtual/card-state.ts";
import {
  CONTACTS,
  createBench,
  EVENTS,
  login,
  peer,
  settle,
  text,
} from "../../../support/card/virtual.ts";

const make = async (card: PimCard, content: Uint8Array): Promise<RecordId> => {
  const made = await card.create(CONTACTS, content);
  if (made.type !== "written") throw new Error(made.type);
  return made.id;
};

describe("a full card", () => {
  test("refuses new records, and still takes updates and deletions", async () => {
    const card = await login(createBench({ sizeKb: 16, headerCount: 64 }));
    const content = new Uint8Array(600);
    const ids: RecordId[] = [];
    for (;;) {
      const made = await card.create(CONTACTS, content);
      if (made.type === "full") break;
      ids.push(made.id);
    }
    expect((await card.freeSpace()).largestRecordBytes).toBeLessThan(600);
    const [first] = ids as [RecordId];
    expect((await card.update(CONTACTS, first, content.fill(1))).type).toBe("written");
    expect((await card.delete(CONTACTS, first)).type).toBe("deleted");
    expect((await card.create(CONTACTS, content)).type).toBe("written");
  });

  test("makes room for a header by giving up stale generations, then stale peers", async () => {
    const card = await login(createBench({ sizeKb: 16, headerCount: 4, peerCount: 16 }));
    await settle(card, peer(1));
    await settle(card, peer(1));
    await settle(card, peer(2));
    for (let n = 0; n < 4; n++) await card.delete(CONTACTS, await make(card, text("x")));
    expect((await card.freeSpace()).freeHeaders).toBe(0);
    await settle(card, peer(2));
    await settle(card, peer(2));
    expect((await card.peers()).length).toBe(2);
    await make(card, text("y"));
    expect((await card.peers()).map(({ peerTag }) => peerTag)).toEqual([peer(2)]);
    const { current } = await card.startSync(CONTACTS, peer(1), { mayEvict: false });
    expect(current).toBeUndefined();
  });

  test("an evicted peer's open sync may not commit", async () => {
    const card = await login(createBench({ sizeKb: 16, headerCount: 2, peerCount: 16 }));
    await settle(card, peer(1));
    for (let n = 0; n < 2; n++) await card.delete(CONTACTS, await make(card, text("x")));
    const { proposed } = await card.startSync(CONTACTS, peer(1), { mayEvict: false });
    await make(card, text("y"));
    expect(await card.commitSync(CONTACTS, proposed)).toEqual({ type: "mismatch" });
  });

  test("live records in all headers are never given up", async () => {
    const card = await login(createBench({ sizeKb: 16, headerCount: 2 }));
    await make(card, text("a"));
    await make(card, text("b"));
    expect(await card.create(CONTACTS, text("c"))).toEqual({ type: "full" });
  });
});

describe("a full table of peers", () => {
  test("takes a new one only where it may evict, and then the stalest goes", async () => {
    const card = await login(createBench({ peerCount: 16 }));
    for (let n = 1; n <= 16; n++) {
      await card.create(EVENTS, text(String(n)));
      await settle(card, peer(n), EVENTS);
    }
    const refused = await card.startSync(CONTACTS, peer(99), { mayEvict: false });
    expect(await card.commitSync(CONTACTS, refused.proposed)).toEqual({ type: "mismatch" });
    await expect(card.prepareSync(CONTACTS, refused.proposed)).rejects.toMatchObject({
      code: "CARD_FULL",
    });
    const { proposed } = await card.startSync(CONTACTS, peer(99), { mayEvict: true });
    await card.prepareSync(CONTACTS, proposed);
    expect(await card.commitSync(CONTACTS, proposed)).toEqual({ type: "committed" });
    const tags = (await card.peers()).map(({ peerTag }) => peerTag);
    expect(tags).toContain(peer(99));
    expect(tags).not.toContain(peer(1));
    expect(tags.length).toBe(16);
  });

  test("a slot's new owner is not told that the former one's records are its own", async () => {
    const bench = createBench();
    const card = await login(bench);
    const first = await card.startSync(CONTACTS, peer(1), { mayEvict: false });
    await card.prepareSync(CONTACTS, first.proposed);
    await make(card, text("of peer 1"));
    await card.forgetPeer(CONTACTS, peer(1));
    await settle(card, peer(2));
    await card.startSync(CONTACTS, peer(2), { mayEvict: false });
    expect(await card.listChanges(CONTACTS, "everything")).toMatchObject({
      changes: [{ isOwnUncommitted: false, isOwnCreationUncommitted: false }],
    });
  });
});

test("a counter that is used up makes a new epoch and refuses changes until WIPE", async () => {
  const card = await login(createBench({ initialCsn: CSN_LIMIT - 3 }));
  const before = await card.identity();
  await make(card, text("last but one"));
  const id = await make(card, text("last"));
  await settle(card, peer(1));
  expect(await card.create(CONTACTS, text("none"))).toEqual({ type: "full" });
  await expect(card.delete(CONTACTS, id)).rejects.toMatchObject({ code: "CARD_FULL" });
  const after = await card.identity();
  expect(after.uuid).toBe(before.uuid);
  expect(after.epoch).not.toBe(before.epoch);
  expect(await card.peers()).toEqual([]);
  expect((await card.read(CONTACTS, [id])).length).toBe(1);
  await card.wipe(after.uuid);
  expect(await make(card, text("first"))).toBe(1);
});

test("nothing is written while the PIN is the transport PIN", async () => {
  const card = await login(createBench({ isTransportPin: true }));
  expect(card.info.pinState.isTransport).toBe(true);
  await expect(card.create(CONTACTS, text("x"))).rejects.toMatchObject({
    code: "CARD_PIN",
    sw: 0x6984,
  });
  await card.changePin("1234", "4321");
  expect((await card.create(CONTACTS, text("x"))).type).toBe("written");
});
