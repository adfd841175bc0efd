import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { cardsync, temporaryFolder } from "../support/cli.ts";

let world: BridgeWorld;
beforeEach(async () => {
  world = await BridgeWorld.create();
});
afterEach(async () => {
  await world.destroy();
});

const photo = (type: string): string => `PHOTO;ENCODING=b;TYPE=${type}:QUJD\r\n`;

it("a device gets its items as its rule says, and what it sends is read so", async () => {
  const [funambol, other] = ["fol-1", "phone-2"].map((deviceId) => world.client({ deviceId }));
  if (funambol === undefined || other === undefined) throw new Error("no clients");
  funambol.add(vcard("Ada", "1", photo("image/jpeg")));
  await funambol.sync(201);
  expect((await world.contacts()).join("")).toContain(photo("JPEG"));
  await other.sync(201);
  expect([...other.items.values()].join("")).toContain(photo("JPEG"));
  other.add(vcard("Bob", "2", photo("JPEG")));
  await other.sync();
  expect((await funambol.sync()).code).toBe(200);
  expect([...funambol.items.values()].join("").split(photo("image/jpeg"))).toHaveLength(3);
  const again = await funambol.sync();
  expect([again.code, again.received]).toEqual([200, []]);
});

it("quirks list and quirks test say which rules are in force, and what they set", async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "data");
  mkdirSync(data);
  writeFileSync(join(data, "config.yaml"), "quirks: {file: own.yaml}\n");
  const rule = "{name: mine, source: me, match: {model: E90}, set: {maxMsgSize: 8000}}";
  writeFileSync(join(data, "own.yaml"), `off: [nokia-9210]\nrules: [${rule}]\n`);
  const list = await cardsync(["quirks", "list", "--json", "--data", data]);
  const names = (JSON.parse(list.stdout) as { name: string }[]).map(({ name }) => name);
  expect([names.includes("nokia-9210"), names.at(-1)]).toEqual([false, "mine"]);
  const asked = ["quirks", "test", "--manufacturer", "Nokia", "--model", "E90", "--data", data];
  const told = await cardsync([...asked, "--json"]);
  expect(JSON.parse(told.stdout)).toMatchObject({
    rules: ["nokia", "nokia-bogus-sizes", "mine"],
    set: { ignoresMaxSizes: true, emailInternet: true, maxMsgSize: 8000 },
  });
  expect((await cardsync(asked)).stdout).toContain("maxMsgSize: 8000\n");
  writeFileSync(join(data, "own.yaml"), `rules: [${rule.replace("8000", "8")}]\n`);
  for (const command of [asked, ["serve", "--port", "0", "--data", data]]) {
    const failed = await cardsync(command);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/own\.yaml:1: rule mine, rules\.0\.set\.maxMsgSize/);
  }
  folder.remove();
});
