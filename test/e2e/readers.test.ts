import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createBench, PIN } from "../support/card/virtual.ts";
import { lacksPcsc, type Pcscd, startPcscd } from "../support/card/pcscd.ts";
import { VpcdCard } from "../support/card/vpcd-card.ts";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
  newestHistory,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW } from "./support/in-step.ts";
import { Pocket } from "./support/pocket.ts";
import { before } from "./support/proxy.ts";
import { contact } from "./support/samples.ts";
import type { SyncEvolution } from "./support/sync-evolution.ts";
import { World } from "./support/world.ts";

interface Place {
  readonly reader: string;
  readonly state: string;
  readonly card?: { readonly uuid: string; readonly label: string };
  readonly pinTriesLeft?: number;
}

/** A service whose cards are in the readers of a PC/SC daemon of its own. */
async function worldWithReaders(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly world: World; readonly pcscd: Pcscd }> {
  const pcscd = await startPcscd({ slots: 2 });
  onTestFinished(() => pcscd.stop());
  const world = await World.create({
    hasOwnCard: false,
    settings: { ...pcscd.env, CARDSYNC_CARD__VIRTUAL: "false", ...settings },
  });
  return { world, pcscd };
}

async function newPocket(world: World, name = "pocket"): Promise<Pocket> {
  const pocket = await Pocket.create(join(world.folder, name));
  onTestFinished(() => pocket.remove("SIGKILL"));
  return pocket;
}

async function places({ service }: World): Promise<readonly Place[]> {
  const found = JSON.parse(await service.run(["card", "list", "--json"])) as { places: Place[] };
  return found.places;
}

/** Waits until the card in the n-th reader is in that state. */
const untilState = (world: World, state: string, reader = 0): Promise<void> =>
  vi.waitFor(
    async () => {
      expect((await places(world))[reader]?.state).toBe(state);
    },
    {
      timeout: 20_000,
      interval: 200,
    },
  );

async function inStep(world: World): Promise<SyncEvolution> {
  const phone = await world.client();
  for (const name of ["Anna", "Berta"]) phone.put(name, contact(name));
  const counts = { toCard: { added: 2 } };
  await expectSync(world, await phone.sync(), { type: "slow", reason: ASKED_FOR_SLOW, ...counts });
  return phone;
}

/** Nobody takes a card out and puts it in again within one look of the daemon at its reader, 0.4 s. */
const A_HAND_MS = 1_000;

const newTel = (tel: string) => (card: string) =>
  card.replace(/TEL;TYPE=CELL:.*/, `TEL;TYPE=CELL:${tel}`);

/** Without these programs: apt-get install pcscd vsmartcard-vpcd libpcsclite-dev, and npm ci again. */
describe.skipIf(lacksPcsc)("a card in a PC/SC reader", () => {
  it("synchronizes both ways with SyncEvolution, its PIN given at run time", async () => {
    const { world, pcscd } = await worldWithReaders();
    const pocket = await newPocket(world);
    await pocket.insert(pcscd.ports[0] ?? 0);
    await untilState(world, "locked");
    const phone = await world.client();
    expect((await phone.sync()).code).not.toBe(0);
    await world.service.run(["card", "unlock", "--pin-stdin"], `${pocket.pin}\n`);
    for (const name of ["Anna", "Berta"]) phone.put(name, contact(name));
    await world.importItems("contacts", contact("Carla"));
    const joined = { type: "slow", toCard: { added: 2 }, toClient: { added: 1 } };
    await expectSync(world, await phone.sync(), { ...joined, reason: ASKED_FOR_SLOW });
    phone.edit("FN:Anna", newTel("+1 111"));
    phone.remove("FN:Berta");
    phone.put("new", contact("Dora"));
    await world.importItems("contacts", contact("Emil"));
    const toCard = { added: 1, changed: 1, deleted: 1 };
    await expectSync(world, await phone.sync(), {
      type: "two-way",
      toCard,
      toClient: { added: 1 },
    });
    await expectInStep(world, phone, ["Anna", "Carla", "Dora", "Emil"]);
    await expectNoChanges(world, phone);
  });

  it("is not there while it is out, and goes on with a fast sync when it is back", async () => {
    const { world, pcscd } = await worldWithReaders();
    const pocket = await newPocket(world);
    const [first = 0, second = 0] = pcscd.ports;
    await pocket.insert(first);
    await untilState(world, "locked");
    await world.service.run(["card", "unlock", "--pin-stdin"], `${pocket.pin}\n`);
    const phone = await inStep(world);
    await pocket.remove();
    await untilState(world, "empty");
    expect((await phone.sync()).code).not.toBe(0);
    await pocket.insert(second);
    await untilState(world, "open", 1);
    phone.put("Carla", contact("Carla"));
    await expectSync(world, await phone.sync(), { type: "two-way", toCard: { added: 1 } });
    await expectInStep(world, phone, ["Anna", "Berta", "Carla"]);
  });

  it("survives a PC/SC daemon that is killed and started again before each message", async () => {
    const { world, pcscd } = await worldWithReaders();
    const pocket = await newPocket(world);
    await pocket.insert(pcscd.ports[0] ?? 0);
    await untilState(world, "locked");
    await world.service.run(["card", "unlock", "--pin-stdin"], `${pocket.pin}\n`);
    const phone = await inStep(world);
    const titles = ["Anna", "Berta"];
    for (let message = 1; message <= 3; message += 1) {
      const name = `Round ${String(message)}`;
      phone.put(name, contact(name));
      await world.importItems("contacts", contact(`Card ${name}`));
      titles.push(name, `Card ${name}`);
      world.proxy.restart();
      world.proxy.at(
        message,
        before(() => pcscd.restart()),
      );
      await phone.sync();
      await untilState(world, "open");
      const next = await phone.sync();
      expectSuccess(next);
      expect((await newestHistory(world.service)).typeDone).toBe("two-way");
      await expectInStep(world, phone, titles);
    }
    await expectNoChanges(world, phone);
  });

  it.each(["before", "after"] as const)(
    "may be pulled out %s it has worked on any command of a sync",
    { timeout: 400_000 },
    async (when) => {
      const { world, pcscd } = await worldWithReaders({ CARDSYNC_PIN: PIN });
      const { card, transport } = createBench({ sizeKb: 64 });
      const inserted = new VpcdCard(transport);
      onTestFinished(() => inserted.remove());
      const port = pcscd.ports[0] ?? 0;
      inserted.insert(port);
      await untilState(world, "open");
      const phone = await inStep(world);
      const titles = ["Anna", "Berta"];
      for (let at = 1, hasFired = true; hasFired; at += 2) {
        const name = `Round ${String(at)}`;
        phone.put(name, contact(name));
        phone.edit("FN:Anna", newTel(`+1 ${String(at)}`));
        titles.push(name);
        let commands = 0;
        inserted.mischief = (command) => {
          commands += 1;
          if (commands !== at) return undefined;
          if (when === "after") card.transmit(command);
          return "pull";
        };
        await phone.sync();
        hasFired = commands >= at;
        inserted.mischief = () => undefined;
        if (hasFired) {
          await sleep(A_HAND_MS);
          inserted.insert(port);
        }
        await untilState(world, "open");
        expectSuccess(await phone.sync());
        expect(`${String(at)} ${(await newestHistory(world.service)).typeDone}`).toBe(
          `${String(at)} two-way`,
        );
        await expectInStep(world, phone, titles);
      }
      await expectNoChanges(world, phone);
    },
  );

  it("stands beside another card in another reader, each with its own user", async () => {
    const { world, pcscd } = await worldWithReaders();
    const pockets = [await newPocket(world, "ada"), await newPocket(world, "bob")] as const;
    for (const [at, pocket] of pockets.entries()) {
      await pocket.insert(pcscd.ports[at] ?? 0);
      await untilState(world, "locked", at);
      const reader = pcscd.readers[at] ?? "";
      await world.service.run(["card", "unlock", reader, "--pin-stdin"], `${pocket.pin}\n`);
    }
    const [first, second] = await places(world);
    await world.service.run(["user", "card", "me", first?.card?.uuid ?? ""]);
    await world.service.run(["user", "add", "bob", "--password-stdin"], "word\n");
    await world.service.run(["user", "card", "bob", second?.card?.uuid ?? ""]);
    const mine = await world.client();
    const bobs = await world.client({ deviceId: "bobs-phone", user: "bob", password: "word" });
    mine.put("Anna", contact("Anna"));
    bobs.put("Berta", contact("Berta"));
    for (const phone of [mine, bobs]) expectSuccess(await phone.sync());
    for (const phone of [mine, bobs]) expectSuccess(await phone.sync());
    expect([mine.items().size, bobs.items().size]).toEqual([1, 1]);
    const history = await world.service.history();
    expect(history.filter(({ typeDone }) => typeDone === "two-way")).toHaveLength(2);
  });

  it("with a PIN that the service has wrong loses one try and no more", async () => {
    const { world, pcscd } = await worldWithReaders({ CARDSYNC_PIN: "00000000" });
    const pocket = await newPocket(world);
    for (let stay = 0; stay < 2; stay += 1) {
      await pocket.insert(pcscd.ports[0] ?? 0);
      await untilState(world, "locked");
      expect((await places(world))[0]?.pinTriesLeft).toBe(2);
      await pocket.remove();
      await untilState(world, "empty");
    }
    await world.service.crashAndRestart();
    await pocket.insert(pcscd.ports[1] ?? 0);
    await untilState(world, "locked", 1);
    expect((await places(world))[1]?.pinTriesLeft).toBe(2);
    await world.service.run(["card", "unlock", "--pin-stdin"], `${pocket.pin}\n`);
    await untilState(world, "open", 1);
  });
});
