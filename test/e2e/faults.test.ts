import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
  newestHistory,
} from "./support/expectations.ts";
import {
  ASKED_FOR_SLOW,
  type InStep,
  phoneAndTabletInStep,
  phoneInStep,
} from "./support/in-step.ts";
import {
  afterwards,
  before,
  cutAnswer,
  doubleRequest,
  type Fault,
  loseAnswer,
  loseRequest,
} from "./support/proxy.ts";
import { contact } from "./support/samples.ts";
import type { World } from "./support/world.ts";

const newTel = (tel: string) => (card: string) =>
  card.replace(/TEL;TYPE=CELL:.*/, `TEL;TYPE=CELL:${tel}`);

/** Edits on both sides, each round others; `titles` is what both hold in the end. */
async function changeBothSides(
  { world, phone }: InStep,
  round: number,
  titles: Set<string>,
): Promise<void> {
  const number = String(round);
  phone.put(`new-${number}`, contact(`Phone ${number}`));
  phone.edit("FN:Anna", newTel(`+1 ${number}`));
  await world.importItems("contacts", contact(`Card ${number}`));
  for (const title of [`Phone ${number}`, `Card ${number}`]) titles.add(title);
  if (round === 1) return;
  const last = String(round - 1);
  phone.remove(`FN:Phone ${last}\r\n`);
  await world.service.deleteItem("contacts", `Card ${last}`);
  for (const title of [`Phone ${last}`, `Card ${last}`]) titles.delete(title);
}

/**
 * Rows 1, 2, 5, 6 and 11 of reference/syncml.md 2.6 and all between them: the fault happens to each message of a sync
 * in turn. Between sides that had a common object the next sync is not a slow one, loses nothing and doubles nothing.
 */
describe("one fault at each message:", () => {
  const FAULTS: Readonly<Record<string, (world: World) => Fault>> = {
    "the request is lost": () => loseRequest,
    "the answer is lost": () => loseAnswer,
    "the answer breaks off": () => cutAnswer,
    "the service is killed before it": ({ service }) => before(() => service.crashAndRestart()),
    "the service is killed after it": ({ service }) => afterwards(() => service.crashAndRestart()),
  };

  it.each(Object.keys(FAULTS))("%s", { timeout: 400_000 }, async (name) => {
    const sides = await phoneInStep(["Anna", "Berta"]);
    const { world, phone } = sides;
    const titles = new Set(["Anna", "Berta"]);
    for (let message = 1; ; message += 1) {
      await changeBothSides(sides, message, titles);
      world.proxy.restart();
      const fault = FAULTS[name]?.(world);
      if (fault !== undefined) world.proxy.at(message, fault);
      const broken = await phone.sync();
      if (world.proxy.messages < message) {
        expectSuccess(broken);
        expect(message).toBeGreaterThan(3);
        break;
      }
      const next = await phone.sync();
      const where = `fault at message ${String(message)}; before: ${broken.session}, after: ${next.session}`;
      expectSuccess(next);
      expect(await newestHistory(world.service), where).toMatchObject({ typeDone: "two-way" });
      // What the client refused or forgot may need one more sync; nothing is missing or there twice after it.
      expectSuccess(await phone.sync());
      await expectInStep(world, phone, [...titles]).catch((error: unknown) => {
        throw new Error(where, { cause: error });
      });
      expect(phone.find("FN:Anna")[1], where).toContain(`+1 ${String(message)}`);
      await expectNoChanges(world, phone);
    }
    await expectInStep(world, phone, [...titles]);
  });

  /** Rows 11 and 12; the last message's session is over when it comes again. */
  it("a request that comes twice gets the same answer twice", async () => {
    const sides = await phoneInStep(["Anna", "Berta"]);
    const { world, phone } = sides;
    const titles = new Set(["Anna", "Berta"]);
    for (let message = 1, seen = message; seen >= message; message += 1) {
      await changeBothSides(sides, message, titles);
      world.proxy.restart();
      world.proxy.at(message, doubleRequest());
      expectSuccess(await phone.sync());
      seen = world.proxy.messages;
      const entry = await newestHistory(world.service);
      expect(entry).toMatchObject({ typeDone: "two-way", outcome: "ok" });
      await expectInStep(world, phone, [...titles]);
      await expectNoChanges(world, phone);
    }
  });
});

describe("the service is killed with -9", () => {
  it("between two syncs: the next one is fast and transfers what changed", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"]);
    await world.service.crashAndRestart();
    await expectNoChanges(world, phone);
    phone.edit("FN:Anna", newTel("+1 2"));
    await world.importItems("contacts", contact("Carla"));
    await world.service.crashAndRestart();
    const counts = { toCard: { changed: 1 }, toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), { type: "two-way", ...counts });
    await expectInStep(world, phone, ["Anna", "Berta", "Carla"]);
  });

  it("at each message of a first sync: what follows may be slow, but doubles and loses nothing", async () => {
    for (let message = 1, seen = message; seen >= message; message += 1) {
      const { world, phone } = await phoneInStep([]);
      await phone.forget();
      for (const name of ["Anna", "Berta"]) phone.put(name, contact(name));
      await world.importItems("contacts", contact("Berta"), contact("Carla"));
      world.proxy.restart();
      world.proxy.at(
        message,
        afterwards(() => world.service.crashAndRestart()),
      );
      await phone.sync();
      seen = world.proxy.messages;
      expectSuccess(await phone.sync());
      await expectInStep(world, phone, ["Anna", "Berta", "Carla"]);
      await expectNoChanges(world, phone);
    }
  });
});

describe("the phone", () => {
  it("is reset and keeps its items: slow sync, no doubles", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"]);
    await phone.forget();
    phone.put("new-1", contact("Carla"));
    await world.importItems("contacts", contact("Dora"));
    const counts = { toCard: { added: 3 }, toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), {
      type: "slow",
      reason: ASKED_FOR_SLOW,
      ...counts,
    });
    await expectInStep(world, phone, ["Anna", "Berta", "Carla", "Dora"]);
    await expectNoChanges(world, phone);
  });

  it("is reset and uses its old numbers for other items: nothing is overwritten", async () => {
    const { world, phone } = await phoneInStep(["Anna", "Berta"]);
    const numbers = [...phone.items().keys()];
    for (const name of ["Anna", "Berta"]) phone.remove(`FN:${name}`);
    await phone.forget();
    for (const [at, name] of ["Carla", "Dora"].entries())
      phone.put(numbers[at] ?? "", contact(name));
    const counts = { toCard: { added: 2 }, toClient: { added: 2 } };
    await expectSync(world, await phone.sync(), {
      type: "slow",
      reason: ASKED_FOR_SLOW,
      ...counts,
    });
    await expectInStep(world, phone, ["Anna", "Berta", "Carla", "Dora"]);
    await expectNoChanges(world, phone);
  });

  it("is restored from a backup of one sync ago: no slow sync, nothing is lost", async () => {
    const sides = await phoneInStep(["Anna", "Berta", "Emil"]);
    const { world, phone } = sides;
    const backup = join(world.folder, "backup");
    phone.backUp(backup);
    const titles = new Set(["Anna", "Berta"]);
    phone.remove("FN:Emil");
    await changeBothSides(sides, 1, titles);
    expectSuccess(await phone.sync());
    await expectInStep(world, phone, [...titles]);
    phone.restore(backup);
    for (let sync = 0; sync < 2; sync += 1) {
      await phone.sync();
      expect(await newestHistory(world.service)).toMatchObject({ typeDone: "two-way" });
    }
    await expectInStep(world, phone, [...titles]);
    expect(phone.find("FN:Anna")[1]).toContain("+1 1");
    await expectNoChanges(world, phone);
  });

  it("is restored from an older backup: slow sync, nothing is lost", async () => {
    const sides = await phoneInStep(["Anna", "Berta"]);
    const { world, phone } = sides;
    const backup = join(world.folder, "backup");
    phone.backUp(backup);
    const titles = new Set(["Anna", "Berta"]);
    phone.put("new-0", contact("Carla"));
    titles.add("Carla");
    expectSuccess(await phone.sync());
    await world.importItems("contacts", contact("Dora"));
    titles.add("Dora");
    expectSuccess(await phone.sync());
    phone.restore(backup);
    await expectSync(world, await phone.sync(), {
      type: "slow",
      typeAsked: "two-way",
      reason: "reset or restored",
      toCard: { changed: 2 },
      toClient: { added: 2 },
    });
    await expectInStep(world, phone, [...titles]);
    await expectNoChanges(world, phone);
  });
});

describe("the card's file is put back to an older copy", () => {
  it("slow sync for every peer, no doubles, nothing is lost", async () => {
    const sides = await phoneAndTabletInStep(["Anna", "Berta"]);
    const { world, phone, tablet } = sides;
    const { service } = world;
    const copy = join(world.folder, "older.card");
    await service.stop();
    cpSync(service.cardPath, copy);
    await service.start();
    phone.put("new-1", contact("Carla"));
    phone.edit("FN:Anna", newTel("+1 2"));
    for (const each of [phone, tablet]) expectSuccess(await each.sync());
    await expectInStep(world, tablet, ["Anna", "Berta", "Carla"]);
    await service.stop("SIGKILL");
    cpSync(copy, service.cardPath);
    await service.start();
    for (const each of [phone, tablet]) {
      expectSuccess(await each.sync());
      const { typeDone, reason } = await newestHistory(service);
      expect({ typeDone, reason }).toEqual({
        typeDone: "slow",
        reason: "the card was replaced, restored or synchronized elsewhere since the last sync",
      });
    }
    expectSuccess(await phone.sync());
    for (const each of [phone, tablet]) {
      expect(
        new Set([...each.items().values()].map((item) => /^FN:(.*)\r$/m.exec(item)?.[1])),
      ).toEqual(new Set(["Anna", "Berta", "Carla"]));
      expect(each.find("TEL;TYPE=CELL:+1 2")[1]).toContain("FN:Anna");
      expect(each.find("FN:Carla")[1]).toContain("FN:Carla");
      await expectNoChanges(world, each);
    }
  });
});
