import { describe, expect, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW } from "./support/in-step.ts";
import { contact } from "./support/samples.ts";
import { PASSWORD, USER } from "./support/service.ts";
import { World } from "./support/world.ts";

/** Samples of what `contacts.test.ts` does in full for 1.2. */
describe.each([
  ["1.1", "XML", 0],
  ["1.1", "WBXML", 1],
  ["1.0", "XML", 0],
  ["1.0", "WBXML", 1],
])("contacts, %s, %s:", (version, _, wbxml) => {
  const settings = [`SyncMLVersion=${version}`, `enableWBXML=${String(wbxml)}`];

  it("first sync, changes on both sides, no changes, slow sync", async () => {
    const world = await World.create();
    const phone = await world.client({ settings });
    await world.importItems("contacts", contact("Anna"), contact("Berta"));
    for (const name of ["Berta", "Carla"]) phone.put(name, contact(name));
    const first = { reason: ASKED_FOR_SLOW, toCard: { added: 2 }, toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), { type: "slow", ...first });
    phone.edit("FN:Carla", (card) => card.replace("+49 30 1234", "+1 222"));
    phone.remove("FN:Berta");
    phone.put("new-1", contact("Dora"));
    await world.importItems("contacts", contact("Emil"));
    await world.service.deleteItem("contacts", "Anna");
    await expectSync(world, await phone.sync(), {
      type: "two-way",
      toCard: { added: 1, changed: 1, deleted: 1 },
      toClient: { added: 1, deleted: 1 },
    });
    await expectInStep(world, phone, ["Carla", "Dora", "Emil"]);
    await expectNoChanges(world, phone);
    expectSuccess(await phone.sync({ type: "slow" }));
    await expectInStep(world, phone, ["Carla", "Dora", "Emil"]);
    await expectNoChanges(world, phone);
  });
});

describe("authentication:", () => {
  it.each([
    ["1.0", "md5-1.0"],
    ["1.1", "md5"],
    ["1.2", "md5"],
  ])(
    "a device of %s comes in to a user that has %s alone, and by MD5 alone",
    async (version, scheme) => {
      const world = await World.create();
      const change = ["user", "password", USER, "--password-stdin", "--auth", scheme];
      await world.service.run(change, `${PASSWORD}\n`);
      const settings = [`SyncMLVersion=${version}`, "enableWBXML=0"];
      const phone = await world.client({ settings: [...settings, "clientAuthType=md5"] });
      phone.put("a", contact("Anna"));
      expectSuccess(await phone.sync());
      await expectInStep(world, phone, ["Anna"]);
      await expectNoChanges(world, phone);
    },
  );

  it.each(["basic", "md5"])("%s is taken, and a wrong password refused", async (authType) => {
    const world = await World.create();
    const phone = await world.client({ settings: [`clientAuthType=${authType}`] });
    phone.put("a", contact("Anna"));
    const refused = await phone.sync({ settings: ["password=wrong"] });
    expect(refused.code).not.toBe(0);
    expect(refused.datastores[0]?.failure).toContain("status 401");
    expect(await world.service.items("contacts")).toEqual([]);
    expect(await world.service.history()).toEqual([]);
    expectSuccess(await phone.sync());
    await expectInStep(world, phone, ["Anna"]);
    const again = await phone.sync({ settings: ["password=wrong"] });
    expect(again.datastores[0]?.failure).toContain("status 401");
    await expectNoChanges(world, phone);
  });
});
