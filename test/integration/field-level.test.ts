import { afterEach, beforeEach, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(async () => {
  await world.destroy();
});

/** Only the numbers of a contact. */
const numbersOf = (text: string): string =>
  text
    .split("\r\n")
    .filter((line) => /^(?:BEGIN|END|VERSION|TEL)/.test(line))
    .map((line) => `${line}\r\n`)
    .join("");

const MORE = "NOTE:a note\r\n";

it("a Replace of single fields changes these and no other", async () => {
  const phone = world.client({ fieldsOf: numbersOf });
  const luid = phone.add(vcard("Ada", "1", MORE));
  await phone.sync();
  phone.change(luid, vcard("Ada", "2", MORE));
  const { statuses, received } = await phone.sync();
  expect(statuses.find(({ cmd }) => cmd === "Replace")?.code).toBe(200);
  expect(received).toEqual([]);
  const [contact = ""] = await world.contacts();
  expect(contact).toContain("TEL;TYPE=CELL:2");
  expect(contact).not.toContain("TEL;TYPE=CELL:1");
  expect(contact).toContain("NOTE:a note");
  expect((await phone.sync()).received).toEqual([]);
});

it("a Replace of single fields gives back what others changed in the other fields", async () => {
  world.policy = "client-wins";
  const phone = world.client({ fieldsOf: numbersOf });
  const luid = phone.add(vcard("Ada", "1", MORE));
  await phone.sync();
  const computer = world.client({ deviceId: "computer" });
  await computer.sync();
  const [own = ""] = computer.items.keys();
  computer.change(own, vcard("Ada", "1", "NOTE:another\r\n"));
  await computer.sync();
  phone.change(luid, vcard("Ada", "2", MORE));
  expect((await phone.sync()).received).toEqual([`Replace ${luid}`]);
  expect(await world.contacts()).toEqual([phone.items.get(luid)]);
  expect(phone.items.get(luid)).toContain("NOTE:another");
  expect((await phone.sync()).received).toEqual([]);
});

it("single fields of a contact that is not there are refused", async () => {
  const phone = world.client({ fieldsOf: numbersOf });
  await phone.sync();
  const luid = phone.add(vcard("Ada", "1"));
  phone.changes.set(luid, "changed");
  const { statuses } = await phone.sync();
  expect(statuses.find(({ cmd }) => cmd === "Replace")?.code).toBe(404);
  expect(await world.contacts()).toEqual([]);
});
