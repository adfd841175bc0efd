import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionLost } from "../../support/scripted-client.ts";
import {
  addTo,
  changeOn,
  ClientWorld,
  contactsOf,
  deleteFrom,
  idOf,
} from "../../support/client-world.ts";

let world: ClientWorld;

beforeEach(async () => {
  world = await ClientWorld.create();
});
afterEach(() => world.destroy());

/** Both sides hold these, each with number 1, and have an object in common. */
async function meet(names: readonly string[]): Promise<void> {
  for (const name of names) await addTo(world.ours, name, "1");
  await world.sync();
}

const NO_CONSENT = { mayDeleteMany: false };

const twelve = Array.from({ length: 12 }, (_, at) => `Name${String(at + 10)}x`);

describe("syncs of one direction", () => {
  beforeEach(async () => {
    await meet(["Anna", "Bert"]);
    await changeOn(world.ours, await idOf(world.ours, "Anna"), "Anna", "11");
    await changeOn(world.theirs, await idOf(world.theirs, "Bert"), "Bert", "22");
    await addTo(world.theirs, "Dora", "4");
  });

  it("to the card: takes what the server has, and keeps the card's change for the next two-way sync", async () => {
    const end = await world.sync({ syncType: "oneWayFromServer" });
    expect(end).toMatchObject({ verdict: "done", type: "oneWayFromServer" });
    expect(await contactsOf(world.ours)).toEqual(["Anna 11", "Bert 22", "Dora 4"]);
    expect(await contactsOf(world.theirs)).toEqual(["Anna 1", "Bert 22", "Dora 4"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
    expect(await contactsOf(world.theirs)).toEqual(["Anna 11", "Bert 22", "Dora 4"]);
    expect(world.run?.results()).toMatchObject([
      { sent: { changed: 1 }, received: { changed: 0 } },
    ]);
  });

  it("to the server: gives what the card has, and gets the server's change with the next two-way sync", async () => {
    await world.sync({ syncType: "oneWayFromClient" });
    expect(await contactsOf(world.ours)).toEqual(["Anna 11", "Bert 1"]);
    expect(await contactsOf(world.theirs)).toEqual(["Anna 11", "Bert 22", "Dora 4"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
    expect(await contactsOf(world.ours)).toEqual(["Anna 11", "Bert 22", "Dora 4"]);
  });

  it("refresh of the card: it holds what the server holds, equal records under their old numbers", async () => {
    const anna = await idOf(world.ours, "Anna");
    await changeOn(world.ours, anna, "Anna", "1");
    await addTo(world.ours, "Extra", "9");
    expect(await world.sync({ syncType: "refreshFromServer" })).toMatchObject({ verdict: "done" });
    expect(await contactsOf(world.ours)).toEqual(["Anna 1", "Bert 22", "Dora 4"]);
    expect(await idOf(world.ours, "Anna")).toBe(anna);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
    expect(world.run?.results()).toMatchObject([{ sent: { added: 0, changed: 0, deleted: 0 } }]);
  });

  it("refresh of the server: it holds what the card holds", async () => {
    await world.sync({ syncType: "refreshFromClient" });
    expect(await contactsOf(world.theirs)).toEqual(["Anna 11", "Bert 1"]);
    expect(await contactsOf(world.ours)).toEqual(["Anna 11", "Bert 1"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
  });

  it("a refresh of the card that breaks off is followed by a slow sync, at any bridge, and loses nothing", async () => {
    world.fault = { message: 3, what: "request" };
    await expect(world.sync({ syncType: "refreshFromServer" })).rejects.toThrow(ConnectionLost);
    world.fault = undefined;
    await world.ours.loseStore();
    expect(await world.sync()).toMatchObject({ type: "slow" });
    const both = await contactsOf(world.ours);
    expect(both).toEqual(await contactsOf(world.theirs));
    expect(both).toEqual(expect.arrayContaining(["Anna 1", "Bert 22", "Dora 4"]));
  });
});

describe("a refresh of the card that broke off", () => {
  beforeEach(async () => {
    await meet(["Anna", "Bert"]);
    await changeOn(world.theirs, await idOf(world.theirs, "Bert"), "Bert", "22");
    world.fault = { message: 2, what: "answer" };
    await expect(world.sync({ syncType: "refreshFromServer" })).rejects.toThrow(ConnectionLost);
  });

  it("is finished by the next sync, also after one that does not reach the server", async () => {
    world.fault = { message: 1, what: "request" };
    await expect(world.sync()).rejects.toThrow(ConnectionLost);
    world.fault = undefined;
    expect(await world.sync()).toMatchObject({ verdict: "done", type: "refreshFromServer" });
    expect(await contactsOf(world.ours)).toEqual(["Anna 1", "Bert 22"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
  });

  it("is not, where somebody has changed the card since: that would be lost", async () => {
    await addTo(world.ours, "Extra", "9");
    world.fault = undefined;
    expect(await world.sync()).toMatchObject({ verdict: "done", type: "slow" });
    expect(await contactsOf(world.theirs)).toContain("Extra 9");
  });
});

describe("guards", () => {
  it("refuse a server that makes a two-way sync a refresh of the card, before anything is written", async () => {
    await meet(["Anna", "Bert"]);
    const end = await world.sync({ bend: () => "refreshFromServer" });
    expect(end.verdict).toBe("refused");
    expect(await contactsOf(world.ours)).toEqual(["Anna 1", "Bert 1"]);
    expect(world.run?.results()).toMatchObject([{ outcome: "failed", received: { deleted: 0 } }]);
    expect(await world.sync()).toMatchObject({ verdict: "done", type: "twoWay" });
  });

  it("stop a server that deletes most of the card's items, until a person consents", async () => {
    await meet(twelve);
    for (const name of twelve.slice(0, 11))
      await deleteFrom(world.theirs, await idOf(world.theirs, name));
    expect(await world.sync({ consent: NO_CONSENT })).toMatchObject({ verdict: "lost" });
    expect(world.run?.results()).toMatchObject([{ outcome: "stopped" }]);
    expect(await contactsOf(world.ours)).toHaveLength(12);
    expect(await world.sync()).toMatchObject({ verdict: "done", type: "twoWay" });
    expect(await contactsOf(world.ours)).toEqual(["Name21x 1"]);
  });

  it("stop a refresh from an empty server that nobody consented to", async () => {
    await meet(["Anna", "Bert"]);
    for (const name of ["Anna", "Bert"])
      await deleteFrom(world.theirs, await idOf(world.theirs, name));
    await world.sync({ syncType: "refreshFromServer", consent: NO_CONSENT });
    expect(world.run?.results()).toMatchObject([{ outcome: "stopped" }]);
    expect(await contactsOf(world.ours)).toEqual(["Anna 1", "Bert 1"]);
  });

  it("stop a card that was emptied, before the server hears of it", async () => {
    await meet(twelve);
    for (const name of twelve) await deleteFrom(world.ours, await idOf(world.ours, name));
    expect(await world.sync({ consent: NO_CONSENT })).toMatchObject({ verdict: "refused" });
    expect(await world.ours.bridge.history(1)).toMatchObject([
      { role: "client", outcome: "stopped" },
    ]);
    expect(await contactsOf(world.theirs)).toHaveLength(12);
    await world.sync();
    expect(await contactsOf(world.theirs)).toEqual([]);
  });

  it("let a few deletions pass", async () => {
    await meet(twelve);
    for (const name of twelve.slice(0, 5))
      await deleteFrom(world.ours, await idOf(world.ours, name));
    expect(await world.sync({ consent: NO_CONSENT })).toMatchObject({ verdict: "done" });
    expect(await contactsOf(world.theirs)).toHaveLength(7);
  });
});

describe("what happens on the card while a sync runs", () => {
  it("stays: an edit of the very record waits for the next sync", async () => {
    await meet(["Anna", "Bert"]);
    await changeOn(world.theirs, await idOf(world.theirs, "Anna"), "Anna", "12");
    const anna = await idOf(world.ours, "Anna");
    let isDone = false;
    world.ours.beforeApdu = async (command) => {
      if (isDone || command[1] !== 0x18) return;
      isDone = true;
      await world.editUnderSync(anna, "Anna", "99");
    };
    await world.sync();
    world.ours.beforeApdu = undefined;
    expect(isDone).toBe(true);
    expect(await contactsOf(world.ours)).toEqual(["Anna 99", "Bert 1"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
    expect(await contactsOf(world.theirs)).toEqual(await contactsOf(world.ours));
    expect((await contactsOf(world.ours)).join()).toContain("Anna 99");
  });

  it("is left for the next sync, where it happens between the list and the reading", async () => {
    await meet(["Anna", "Bert"]);
    const anna = await idOf(world.ours, "Anna");
    await changeOn(world.ours, anna, "Anna", "11");
    let isDone = false;
    world.ours.beforeApdu = async (command) => {
      if (isDone || command[1] !== 0x16) return;
      isDone = true;
      await world.editUnderSync(anna, "Anna", "99");
    };
    await world.sync();
    world.ours.beforeApdu = undefined;
    expect(isDone).toBe(true);
    expect(await contactsOf(world.theirs)).toEqual(["Anna 1", "Bert 1"]);
    expect(await world.sync()).toMatchObject({ type: "twoWay" });
    expect(await contactsOf(world.theirs)).toEqual(["Anna 99", "Bert 1"]);
  });

  it("keeps devices away from the database, and no longer than that", async () => {
    await meet(["Anna"]);
    const phone = world.ours.client();
    let inner: Awaited<ReturnType<typeof phone.sync>> | undefined;
    await world.sync({
      during: async () => {
        inner = await phone.sync();
      },
    });
    expect(inner?.statuses.find((status) => status.cmd === "Alert")?.code).toBe(417);
    expect((await phone.sync()).code).toBe(201);
  });
});
