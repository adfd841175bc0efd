import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DatabaseId } from "../../card/index.ts";
import { doctorOperation } from "../../src/control/doctor-operation.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
  const client = world.client();
  client.add(vcard("Anna", "1"));
  client.add(vcard("Bert", "2"));
  await client.sync();
});
afterEach(() => world.destroy());

const CONTACTS = 1 as DatabaseId;

const findings = async (): Promise<readonly string[]> => {
  const parts = { bridge: world.bridge, pick: () => world.held };
  const found = await doctorOperation(parts).cardDoctor({});
  return found.map(({ severity, text }) => `${severity}: ${text}`);
};

describe("the doctor", () => {
  it("finds nothing after a sync", async () => {
    expect(await findings()).toEqual([]);
  });

  it("names what is no item, and keeps it", async () => {
    const content = Buffer.from([0x20, 0x01, 0, 0, 65]);
    await world.held.run((card) => card.create(CONTACTS, content, { asNobody: true }));
    const [found, ...more] = await findings();
    expect(found).toMatch(/^warning: contacts: record \d+ .*newer version/);
    expect(more).toEqual([]);
    expect(await world.contacts()).toHaveLength(2);
  });

  it("finds an image that is not what the card holds, drops it, and the next sync reads the card", async () => {
    const rows = await world.db.selectFrom("image").selectAll().execute();
    const [first, second] = rows;
    expect(rows).toHaveLength(2);
    await world.db
      .updateTable("image")
      .set({ content: second?.content ?? Buffer.alloc(0) })
      .where("record_id", "=", first?.record_id ?? 0)
      .execute();
    await world.restart();
    expect(await findings()).toEqual([
      expect.stringMatching(/^error: contacts: record \d+ was another one/),
    ]);
    expect(await findings()).toEqual([]);
    await world.restart();
    expect(await findings()).toEqual([]);
    const other = world.client({ deviceId: "phone-2" });
    await other.sync();
    expect([...other.items.values()].filter((text) => /FN:(Anna|Bert)/.test(text))).toHaveLength(2);
  });

  it("does not work beside a sync", async () => {
    const lease = world.held.lease();
    await expect(findings()).rejects.toMatchObject({ code: "BRIDGE_BUSY" });
    lease.end();
  });
});
