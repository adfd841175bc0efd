import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CtCap, DevInf } from "../../syncml/index.ts";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import type { ScriptedClient } from "../support/scripted-client.ts";

const CAP: CtCap = {
  ctType: "text/vcard",
  verCt: "3.0",
  properties: [
    { name: "BEGIN", valEnums: ["VCARD"] },
    { name: "N" },
    { name: "FN" },
    { name: "TEL", maxOccur: 2, params: [{ name: "TYPE", valEnums: ["CELL"] }] },
    { name: "NOTE", maxSize: 10 },
  ],
};

const devInfOf = (ctCaps: readonly CtCap[]): DevInf => ({
  verDtd: "1.2",
  devId: "phone-1",
  devTyp: "phone",
  datastores: [
    {
      sourceRef: "./pb",
      rxPref: { type: "text/vcard", version: "3.0" },
      rx: [],
      txPref: { type: "text/vcard", version: "3.0" },
      tx: [],
      ctCaps,
      syncCap: [1, 2],
    },
  ],
});

/** As a phone with that description stores it: two numbers, no unknown types, ten octets of notes, nothing else. */
function kept(text: string): string {
  let numbers = 0;
  return text
    .split("\r\n")
    .flatMap((line) => {
      if (line.startsWith("TEL")) return ++numbers > 2 ? [] : [line.replace(/,?PREF/, "")];
      if (line.startsWith("NOTE:")) return [line.slice(0, 15)];
      return line === "" || /^(?:BEGIN|END|VERSION|N|FN):/.test(line) ? [line] : [];
    })
    .join("\r\n");
}

const RICH = [
  "TEL;TYPE=CELL,PREF:2",
  "TEL;TYPE=CELL:3",
  "EMAIL;TYPE=HOME:ada@example.org",
  "BDAY:1815-12-10",
  "NOTE:first programmer",
  "",
].join("\r\n");

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(async () => {
  await world.destroy();
});

const limited = (ctCaps: readonly CtCap[] = [CAP], deviceId = "phone-1"): ScriptedClient =>
  world.client({ devInf: devInfOf(ctCaps), keeps: kept, deviceId });

/** Lines of the only contact on the card. */
async function onCard(): Promise<readonly string[]> {
  const contacts = await world.contacts();
  expect(contacts).toHaveLength(1);
  return (contacts[0] ?? "").split("\r\n");
}

const RICH_LINES = RICH.split("\r\n").slice(0, -1);

/** The card has a rich contact from a computer; the phone has got it. */
async function withRichContact(phone: ScriptedClient): Promise<string> {
  const computer = world.client({ deviceId: "computer" });
  computer.add(vcard("Ada", "1", RICH));
  await computer.sync();
  await phone.sync();
  const [luid = ""] = phone.items.keys();
  expect(phone.items.get(luid)).not.toContain("EMAIL");
  return luid;
}

async function expectQuiet(client: ScriptedClient): Promise<void> {
  const again = await client.sync();
  expect([again.code, again.received]).toEqual([200, []]);
}

const edit = (client: ScriptedClient, luid: string, from: string, to: string): void => {
  const text = client.items.get(luid) ?? "";
  expect(text).toContain(from);
  client.change(luid, text.replace(from, to));
};

describe("a phone that cannot store all of a contact", () => {
  it("edits what it can store, and deletes nothing else", async () => {
    const phone = limited();
    const luid = await withRichContact(phone);
    edit(phone, luid, "TEL;TYPE=CELL:1", "TEL;TYPE=CELL:11");
    expect((await phone.sync()).received).toEqual([]);
    const lines = await onCard();
    expect(lines).toEqual(expect.arrayContaining([...RICH_LINES, "TEL;TYPE=CELL:11"]));
    expect(lines).not.toContain("TEL;TYPE=CELL:1");
    await expectQuiet(phone);
  });

  it("deletes a field that it can store", async () => {
    const phone = limited([{ ...CAP, properties: [...CAP.properties, { name: "BDAY" }] }]);
    const luid = await withRichContact(phone);
    edit(phone, luid, "NOTE:first prog\r\n", "");
    await phone.sync();
    const lines = await onCard();
    expect(lines.filter((line) => /^(?:NOTE|BDAY)/.test(line))).toEqual([]);
    expect(lines).toContain("EMAIL;TYPE=HOME:ada@example.org");
  });

  it("says again what it was sent, which is no edit and no conflict", async () => {
    const phone = limited();
    const luid = await withRichContact(phone);
    const before = await onCard();
    const computer = world.client({ deviceId: "computer" });
    await computer.sync();
    edit(computer, computer.items.keys().next().value ?? "", "1815", "1816");
    await computer.sync();
    phone.change(luid, phone.items.get(luid) ?? "");
    expect((await phone.sync()).statuses.map(({ code }) => code)).not.toContain(209);
    expect(await onCard()).toEqual(before.map((line) => line.replace("1815", "1816")));
    await expectQuiet(phone);
  });

  it("gets what it has room for again once it deletes another", async () => {
    const phone = limited();
    const luid = await withRichContact(phone);
    edit(phone, luid, "TEL;TYPE=CELL:1\r\n", "");
    expect((await phone.sync()).received).toEqual([`Replace ${luid}`]);
    expect(phone.items.get(luid)).toContain("TEL;TYPE=CELL:3");
    expect((await onCard()).filter((line) => line.startsWith("TEL"))).toEqual([
      "TEL;TYPE=CELL,PREF:2",
      "TEL;TYPE=CELL:3",
    ]);
    await expectQuiet(phone);
  });

  it.each(["that it knows", "under new numbers"])(
    "takes nothing away in a slow sync with contacts %s",
    async (numbers) => {
      const phone = limited();
      const luid = await withRichContact(phone);
      const before = await onCard();
      phone.reset([phone.items.get(luid) ?? ""]);
      if (numbers === "under new numbers") {
        const text = [...phone.items.values()];
        phone.items.clear();
        phone.changes.clear();
        phone.add("");
        phone.delete(phone.luidOf(""));
        for (const each of text) phone.add(each);
      }
      const slow = await phone.sync();
      expect([slow.code, slow.received]).toEqual([201, []]);
      expect(await onCard()).toEqual(before);
      await expectQuiet(phone);
    },
  );

  it("edits in a slow sync, and deletes nothing", async () => {
    const phone = limited();
    const luid = await withRichContact(phone);
    const text = phone.items.get(luid) ?? "";
    phone.reset([text.replace("TEL;TYPE=CELL:1", "TEL;TYPE=CELL:11")]);
    await phone.sync();
    expect(await onCard()).toEqual(expect.arrayContaining([...RICH_LINES, "TEL;TYPE=CELL:11"]));
    await expectQuiet(phone);
  });

  it("without a description of itself replaces the whole contact", async () => {
    const phone = limited([]);
    const luid = await withRichContact(phone);
    edit(phone, luid, "TEL;TYPE=CELL:1", "TEL;TYPE=CELL:11");
    await phone.sync();
    expect((await onCard()).filter((line) => line.startsWith("EMAIL"))).toEqual([]);
  });
});
