import { expect, it, describe } from "vitest";
import type { DatastoreName } from "../../src/bridge/databases.ts";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW } from "./support/in-step.ts";
import { contact, event, note, task } from "./support/samples.ts";
import type { ClientDatastore } from "./support/sync-evolution.ts";
import { World } from "./support/world.ts";

interface Kind extends ClientDatastore {
  readonly name: DatastoreName;
  readonly make: (title: string) => string;
  readonly change: (item: string) => string;
}

const KINDS: readonly Kind[] = [
  {
    name: "contacts",
    format: "text/vcard",
    make: contact,
    change: (item) => item.replace("+49 30 1234", "+1 2"),
  },
  {
    name: "calendar",
    format: "text/calendar",
    make: event,
    change: (item) => item.replace("Zimmer 3", "Zimmer 4"),
  },
  {
    name: "tasks",
    format: "text/calendar",
    make: task,
    change: (item) => item.replace("NEEDS-ACTION", "IN-PROCESS"),
  },
  {
    name: "notes",
    format: "text/plain",
    make: note,
    change: (item) => item.replace("Zweite", "Andere"),
  },
];

describe.each(["enableWBXML=0", "enableWBXML=1"])("other data, %s:", (encoding) => {
  it.each(KINDS.slice(1))("$name", async (kind) => {
    const { name: datastore, make, change } = kind;
    const world = await World.create();
    const settings = ["SyncMLVersion=1.2", encoding];
    const phone = await world.client({ datastores: [kind], settings });
    await world.importItems(datastore, make("Alpha"), make("Beta"));
    for (const title of ["Beta", "Gamma"]) phone.put(title, make(title), datastore);
    const first = { reason: ASKED_FOR_SLOW, toCard: { added: 2 }, toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), { type: "slow", ...first, datastore });
    await expectInStep(world, phone, ["Alpha", "Beta", "Gamma"], datastore);
    phone.edit("Gamma", change, datastore);
    phone.remove("Beta", datastore);
    phone.put("new-1", make("Delta"), datastore);
    await world.service.deleteItem(datastore, "Alpha");
    await world.importItems(datastore, make("Epsilon"));
    await expectSync(world, await phone.sync(), {
      type: "two-way",
      datastore,
      toCard: { added: 1, changed: 1, deleted: 1 },
      toClient: { added: 1, deleted: 1 },
    });
    await expectInStep(world, phone, ["Gamma", "Delta", "Epsilon"], datastore);
    await expectSync(world, await phone.sync(), { type: "two-way", datastore });
    expectSuccess(await phone.sync({ type: "slow" }));
    await expectInStep(world, phone, ["Gamma", "Delta", "Epsilon"], datastore);
  });

  it("all four in one session, and under other names", async () => {
    const world = await World.create();
    const uris = ["./contacts", "event", "task", "note"];
    const datastores = KINDS.map((kind, at) => ({ ...kind, uri: uris[at] ?? kind.name }));
    const settings = ["SyncMLVersion=1.2", encoding];
    const phone = await world.client({ datastores, settings });
    for (const { name, make } of KINDS) {
      phone.put("a", make("Alpha"), name);
      await world.importItems(name, make("Beta"));
    }
    expectSuccess(await phone.sync());
    for (const { name } of KINDS) await expectInStep(world, phone, ["Alpha", "Beta"], name);
    phone.edit("Alpha", KINDS[1]?.change ?? String, "calendar");
    const second = await phone.sync();
    expectSuccess(second);
    expect(new Map(second.datastores.map(({ name, type }) => [name, type]))).toEqual(
      new Map(KINDS.map(({ name }) => [name, "two-way"])),
    );
    for (const { name } of KINDS) await expectInStep(world, phone, ["Alpha", "Beta"], name);
  });
});

describe("one datastore of several", () => {
  it("that the server does not know is refused; the others go on", async () => {
    const world = await World.create();
    const unknown = { name: "notes", format: "text/plain", uri: "recipes" };
    const phone = await world.client({
      datastores: [{ name: "contacts", format: "text/vcard" }, unknown],
    });
    phone.put("a", contact("Anna"));
    const sync = await phone.sync();
    expect(sync.code).not.toBe(0);
    expect(sync.datastores.find(({ name }) => name === "notes")?.failure).toContain("status 404");
    await expectInStep(world, phone, ["Anna"]);
  });
});

describe("vCard 2.1", () => {
  it("a client that speaks nothing else has the same contacts", async () => {
    const world = await World.create();
    const old = { name: "contacts", format: "text/x-vcard" };
    const phone = await world.client({ datastores: [old] });
    const tablet = await world.client({ deviceId: "sc-pim-tablet" });
    tablet.put("a", contact("Anna"));
    expectSuccess(await tablet.sync());
    phone.put("b", contact("Berta"));
    expectSuccess(await phone.sync());
    await expectInStep(world, phone, ["Anna", "Berta"]);
    expect(phone.find("Anna")[1]).toContain("VERSION:2.1");
    phone.edit("Anna", (card) => card.replace("+49 30 1234", "+1 2"));
    await expectSync(world, await phone.sync(), { type: "two-way", toCard: { changed: 1 } });
    expectSuccess(await tablet.sync());
    await expectInStep(world, tablet, ["Anna", "Berta"]);
    expect(tablet.find("FN:Anna")[1]).toContain("+1 2");
    await expectNoChanges(world, phone);
    expectSuccess(await phone.sync({ type: "slow" }));
    await expectInStep(world, phone, ["Anna", "Berta"]);
    await expectNoChanges(world, tablet);
  });
});
