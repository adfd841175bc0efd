import { cpSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

/** Both sides hold Anna and Bert, and have an object in common. */
async function meet(): Promise<void> {
  await addTo(world.ours, "Anna", "1");
  await addTo(world.theirs, "Bert", "2");
  expect(await world.sync()).toMatchObject({ verdict: "done", type: "slow" });
}

describe("a card that is taken to a server", () => {
  it("gives and gets everything the first time", async () => {
    await meet();
    expect(await contactsOf(world.ours)).toEqual(["Anna 1", "Bert 2"]);
    expect(await contactsOf(world.theirs)).toEqual(["Anna 1", "Bert 2"]);
  });

  it("exchanges only changes afterwards, and then nothing", async () => {
    await meet();
    await changeOn(world.ours, await idOf(world.ours, "Anna"), "Anna", "11");
    await changeOn(world.theirs, await idOf(world.theirs, "Bert"), "Bert", "22");
    await addTo(world.ours, "Cora", "3");
    await addTo(world.theirs, "Dora", "4");
    expect(await world.sync()).toMatchObject({ verdict: "done", type: "twoWay" });
    const all = ["Anna 11", "Bert 22", "Cora 3", "Dora 4"];
    expect(await contactsOf(world.ours)).toEqual(all);
    expect(await contactsOf(world.theirs)).toEqual(all);
    expect(world.run?.results()).toMatchObject([
      { outcome: "ok", sent: { added: 1, changed: 1 }, received: { added: 1, changed: 1 } },
    ]);
    await world.sync();
    expect(world.run?.results()).toMatchObject([
      { sent: { added: 0, changed: 0 }, received: { added: 0, changed: 0 } },
    ]);
  });

  it("asks three things of the card where nothing has changed: START, PREPARE, COMMIT", async () => {
    await meet();
    const commands: string[] = [];
    world.ours.beforeApdu = (command) => {
      commands.push(Buffer.from(command.subarray(1, 2)).toString("hex"));
    };
    await world.sync();
    world.ours.beforeApdu = undefined;
    expect(commands).toEqual(["12", "1c", "1c"]);
  });

  it("deletes on either side what the other deleted", async () => {
    await meet();
    await deleteFrom(world.ours, await idOf(world.ours, "Anna"));
    await deleteFrom(world.theirs, await idOf(world.theirs, "Bert"));
    await world.sync();
    expect(await contactsOf(world.ours)).toEqual([]);
    expect(await contactsOf(world.theirs)).toEqual([]);
  });

  it("takes the server's word in a conflict", async () => {
    await meet();
    world.theirs.policy = "server-wins";
    await changeOn(world.ours, await idOf(world.ours, "Anna"), "Anna", "11");
    await changeOn(world.theirs, await idOf(world.theirs, "Anna"), "Anna", "12");
    await world.sync();
    expect(await contactsOf(world.ours)).toContain("Anna 12");
    expect(await contactsOf(world.theirs)).toContain("Anna 12");
  });

  it("goes on with a fast sync at another bridge that knows nothing but the server's settings", async () => {
    await meet();
    await changeOn(world.ours, await idOf(world.ours, "Bert"), "Bert", "22");
    const other = await ClientWorld.create();
    await other.ours.kill();
    await world.ours.kill();
    cpSync(world.ours.cardPath, other.ours.cardPath);
    await other.ours.start();
    await world.ours.start();
    const elsewhere = new ClientWorld(other.ours, world.theirs);
    expect(await elsewhere.sync()).toMatchObject({ verdict: "done", type: "twoWay" });
    expect(elsewhere.run?.results()).toMatchObject([
      { outcome: "ok", sent: { added: 0, changed: 1 }, received: { added: 0, changed: 0 } },
    ]);
    expect(await contactsOf(world.theirs)).toEqual(["Anna 1", "Bert 22"]);
    await other.destroy();
  });

  it("is in the history with its role", async () => {
    await meet();
    expect(await world.ours.bridge.history(1)).toMatchObject([
      { role: "client", outcome: "ok", typeAsked: "two-way", typeDone: "slow" },
    ]);
  });
});
