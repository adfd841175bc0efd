import { describe, expect, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
  newestHistory,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW, phoneAndTabletInStep, phoneInStep } from "./support/in-step.ts";
import { viewItems } from "./support/item-view.ts";
import { contact } from "./support/samples.ts";
import { World } from "./support/world.ts";

const ONE_OF_EACH = { added: 1, changed: 1, deleted: 1 } as const;
/** SyncEvolution asks for 204 and 205 only so; else it takes 200 and 201 and keeps its own items back. */
const settings = ["enableRefreshSync=1"];
const newTel = (tel: string) => (card: string) => card.replace("+49 30 1234", tel);

/** SyncML 1.2 in full, in both encodings. */
describe.each([
  ["XML", "enableWBXML=0"],
  ["WBXML", "enableWBXML=1"],
])("contacts, 1.2, %s:", (_, encoding) => {
  const client = { settings: ["SyncMLVersion=1.2", encoding] };

  it("a first sync joins both sides and doubles nothing", async () => {
    const world = await World.create();
    const phone = await world.client(client);
    await world.importItems("contacts", contact("Anna Ada"), contact("Berta Bach"));
    for (const name of ["Berta Bach", "Carla Curie"]) phone.put(name, contact(name));
    await expectSync(world, await phone.sync(), {
      type: "slow",
      reason: ASKED_FOR_SLOW,
      toCard: { added: 2 },
      toClient: { added: 1 },
    });
    await expectInStep(world, phone, ["Anna Ada", "Berta Bach", "Carla Curie"]);
    await expectNoChanges(world, phone);
  });

  it("changes, additions and deletions of both sides meet", async () => {
    const all = ["Anna", "Berta", "Carla", "Dora", "Emil"];
    const { world, phone, tablet } = await phoneAndTabletInStep(all, client);
    tablet.edit("FN:Anna", newTel("+1 111"));
    tablet.remove("FN:Berta");
    tablet.put("new-1", contact("Frida"));
    await expectSync(world, await tablet.sync(), { type: "two-way", toCard: ONE_OF_EACH });
    phone.edit("FN:Carla", newTel("+1 222"));
    phone.remove("FN:Dora");
    phone.put("new-2", contact("Gustav"));
    const both = { type: "two-way", toCard: ONE_OF_EACH, toClient: ONE_OF_EACH };
    await expectSync(world, await phone.sync(), both);
    const left = ["Anna", "Carla", "Emil", "Frida", "Gustav"];
    await expectInStep(world, phone, left);
    await expectSync(world, await tablet.sync(), { type: "two-way", toClient: ONE_OF_EACH });
    await expectInStep(world, tablet, left);
    expect(phone.find("FN:Anna")[1]).toContain("+1 111");
    expect(tablet.find("FN:Carla")[1]).toContain("+1 222");
    await expectNoChanges(world, phone);
    await expectNoChanges(world, tablet);
  });

  it("what is added and deleted on the card itself reaches the phone", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"], client);
    await world.service.deleteItem("contacts", "Anna");
    await world.importItems("contacts", contact("Carla"));
    const counts = { toClient: { added: 1, deleted: 1 } };
    await expectSync(world, await phone.sync(), { type: "two-way", ...counts });
    await expectInStep(world, phone, ["Berta", "Carla"]);
    await expectNoChanges(world, phone);
  });

  it("the same contact changed on both sides: both versions are kept", async () => {
    const { world, phone, tablet } = await phoneAndTabletInStep(["Anna", "Berta"], client);
    tablet.edit("FN:Anna", newTel("+1 111"));
    phone.edit("FN:Anna", newTel("+1 222"));
    expectSuccess(await tablet.sync());
    expectSuccess(await phone.sync());
    expectSuccess(await phone.sync());
    expectSuccess(await tablet.sync());
    await expectInStep(world, phone, ["Anna", "Anna", "Berta"]);
    await expectInStep(world, tablet, ["Anna", "Anna", "Berta"]);
    expect(phone.find("+1 111")[1]).toContain("FN:Anna");
    expect(phone.find("+1 222")[1]).toContain("FN:Anna");
    await expectNoChanges(world, phone);
    await expectNoChanges(world, tablet);
  });

  it("the same change on both sides is no conflict", async () => {
    const { world, phone, tablet } = await phoneAndTabletInStep(["Anna"], client);
    for (const each of [tablet, phone]) each.edit("FN:Anna", newTel("+1 111"));
    expectSuccess(await tablet.sync());
    await expectSync(world, await phone.sync(), { type: "two-way", toCard: { changed: 1 } });
    await expectInStep(world, phone, ["Anna"]);
    await expectNoChanges(world, tablet);
  });

  it("a change outlives a deletion, on whichever side it was made", async () => {
    const { world, phone, tablet } = await phoneAndTabletInStep(["Anna", "Berta"], client);
    tablet.remove("FN:Anna");
    tablet.edit("FN:Berta", newTel("+1 111"));
    phone.edit("FN:Anna", newTel("+1 222"));
    phone.remove("FN:Berta");
    for (const each of [tablet, phone, tablet]) expectSuccess(await each.sync());
    for (const each of [tablet, phone]) {
      await expectInStep(world, each, ["Anna", "Berta"]);
      expect(each.find("FN:Anna")[1]).toContain("+1 222");
      expect(each.find("FN:Berta")[1]).toContain("+1 111");
      await expectNoChanges(world, each);
    }
  });

  it("deleted on both sides is deleted", async () => {
    const { world, phone, tablet } = await phoneAndTabletInStep(["Anna", "Berta"], client);
    for (const each of [tablet, phone]) each.remove("FN:Anna");
    for (const each of [tablet, phone]) expectSuccess(await each.sync());
    for (const each of [tablet, phone]) await expectInStep(world, each, ["Berta"]);
  });

  it("a slow sync that is asked for compares everything and doubles nothing", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta", "Carla"], client);
    phone.put("new-1", contact("Dora"));
    await world.importItems("contacts", contact("Emil"));
    await expectSync(world, await phone.sync({ type: "slow" }), {
      type: "slow",
      typeAsked: "slow",
      reason: ASKED_FOR_SLOW,
      toCard: { added: 4 },
      toClient: { added: 1 },
    });
    await expectInStep(world, phone, ["Anna", "Berta", "Carla", "Dora", "Emil"]);
    await expectNoChanges(world, phone);
  });

  it("one way from the phone: the card gets its changes; the card's own wait for the next two-way sync", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta", "Carla"], client);
    phone.put("new-1", contact("Dora"));
    phone.edit("FN:Anna", newTel("+1 111"));
    phone.remove("FN:Berta");
    await world.importItems("contacts", contact("Emil"));
    await expectSync(world, await phone.sync({ type: "one-way-from-local" }), {
      type: "one-way-from-client",
      toCard: ONE_OF_EACH,
    });
    const onCard = await world.service.contents("contacts");
    const titles = viewItems(onCard).map(({ title }) => title);
    expect(titles.sort()).toEqual(["Anna", "Carla", "Dora", "Emil"]);
    const counts = { toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), { type: "two-way", ...counts });
    await expectInStep(world, phone, ["Anna", "Carla", "Dora", "Emil"]);
    await expectNoChanges(world, phone);
  });

  it("refresh from the phone: the card holds what the phone holds, and the tablet follows", async () => {
    const { world, phone, tablet } = await phoneAndTabletInStep(["Anna", "Berta"], client);
    tablet.put("new-1", contact("Carla"));
    expectSuccess(await tablet.sync());
    phone.put("new-2", contact("Dora"));
    phone.remove("FN:Berta");
    expectSuccess(await phone.sync({ type: "refresh-from-local" }));
    await expectInStep(world, phone, ["Anna", "Dora"]);
    expect(await newestHistory(world.service)).toMatchObject({
      typeAsked: "refresh-from-client",
      typeDone: "refresh-from-client",
      outcome: "ok",
      reason: "the peer asked for a refresh from its side",
      received: { added: 2, deleted: 2 },
    });
    await expectNoChanges(world, phone);
    expectSuccess(await tablet.sync());
    await expectInStep(world, tablet, ["Anna", "Dora"]);
  });

  it("one way from the card: the phone gets its changes, and the card none", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"], client);
    phone.put("new-1", contact("Carla"));
    await world.importItems("contacts", contact("Dora"));
    await world.service.deleteItem("contacts", "Berta");
    await expectSync(world, await phone.sync({ type: "one-way-from-remote", settings }), {
      type: "one-way-from-server",
      toClient: { added: 1, deleted: 1 },
    });
    const onPhone = viewItems(phone.items().values()).map(({ title }) => title);
    expect(onPhone.sort()).toEqual(["Anna", "Carla", "Dora"]);
    const onCard = viewItems(await world.service.contents("contacts")).map(({ title }) => title);
    expect(onCard.sort()).toEqual(["Anna", "Dora"]);
  });

  it("refresh from the card: the phone holds what the card holds", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"], client);
    phone.put("new-1", contact("Carla"));
    phone.edit("FN:Anna", newTel("+1 111"));
    await world.importItems("contacts", contact("Dora"));
    const sync = await phone.sync({ type: "refresh-from-remote", settings });
    expectSuccess(sync);
    await expectInStep(world, phone, ["Anna", "Berta", "Dora"]);
    expect(phone.find("FN:Anna")[1]).toContain("+49 30 1234");
    expect(await newestHistory(world.service)).toMatchObject({
      typeAsked: "refresh-from-server",
      typeDone: "refresh-from-server",
      outcome: "ok",
      reason: "the peer asked for a refresh from the card",
      sent: { added: 3 },
    });
    await expectNoChanges(world, phone);
  });
});
