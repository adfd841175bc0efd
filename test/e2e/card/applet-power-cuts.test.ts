import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CardError, type Transport } from "../../../card/index.ts";
import { BridgeWorld, vcard, WORLD_PIN } from "../../support/bridge-world.ts";
import { AppletBench } from "../../support/card/applet.ts";
import { missingForApplet } from "../../support/card/applet-build.ts";
import { type Cut, PowerCut } from "../../support/card/cuttable-nvm.ts";
import type { ScriptedClient } from "../../support/scripted-client.ts";

const SHAPE = { headerCount: 64, peerCount: 16, blockCount: 200, pin: WORLD_PIN };
const LONG = `NOTE:${"long ".repeat(40)}\r\n`;
const EXPECTED = ["Anna", "Dora", "Gina", "Hugo"];

const names = (texts: Iterable<string>): readonly string[] =>
  [...texts].map((text) => /FN:([^\r\n]*)/.exec(text)?.[1] ?? "?").sort();

/** Whole syncs of the service with the applet, whose power goes at each of its writes in turn; then it is powered up again. */
describe.skipIf(missingForApplet.length > 0)("the applet (needs java, mvn) amid a sync", () => {
  let bench: AppletBench;
  let cuts: number;
  beforeAll(() => {
    bench = new AppletBench();
  });
  afterAll(() => bench.close());

  const transport: Transport = {
    transmit: async (command) => {
      try {
        return await bench.transport.transmit(command);
      } catch (cause) {
        if (!(cause instanceof PowerCut)) throw cause;
        cuts += 1;
        throw new CardError("CARD_READER_LOST", "the card has no power", { cause });
      }
    },
    reset: () => bench.transport.reset(),
    close: () => Promise.resolve(),
  };

  const connect = async (): Promise<Transport> => {
    await bench.cutAt(undefined);
    await bench.transport.reset();
    return transport;
  };

  const importCards = async (world: BridgeWorld, ...cards: readonly string[]): Promise<void> => {
    const bytes = Buffer.from(cards.join(""), "utf8");
    await world.bridge.items.import(world.held, "contacts", [{ name: "some.vcf", bytes }]);
  };

  /** Both sides have a common past, and each has added, changed or deleted something since. */
  const withChanges = async (world: BridgeWorld): Promise<ScriptedClient> => {
    const client = world.client({ comparesOurLast: true });
    client.add(vcard("Anna", "1"));
    client.add(vcard("Bert", "1"));
    await importCards(world, vcard("Dora", "2"));
    await client.sync();
    await client.sync();
    client.change(client.luidOf(vcard("Anna", "1")), vcard("Anna", "11", LONG));
    client.delete(client.luidOf(vcard("Bert", "1")));
    client.add(vcard("Gina", "3", LONG));
    await importCards(world, vcard("Hugo", "4"));
    return client;
  };

  /** @returns whether the cut fired */
  const survives = async (cut: Cut): Promise<boolean> => {
    cuts = 0;
    await bench.newCard(SHAPE);
    const world = await BridgeWorld.create(64, { connect });
    try {
      const client = await withChanges(world);
      await bench.cutAt(cut);
      await client.sync().catch(() => undefined);
      await bench.cutAt(undefined);
      const where = `${cut.where} write ${String(cut.atWrite)}`;
      const next = await client.sync();
      expect([where, next.code]).toEqual([where, 200]);
      expect([where, names(client.items.values())]).toEqual([where, EXPECTED]);
      expect([where, names(await world.contacts())]).toEqual([where, EXPECTED]);
      expect([where, (await client.sync()).received]).toEqual([where, []]);
      expect(await world.held.run((card) => card.pinTries())).toBe(3);
      return cuts > 0;
    } finally {
      await world.destroy();
    }
  };

  it.each(["before", "inside", "after"] as const)(
    "loses its power %s any write: the next sync is fast, nothing is lost or doubled",
    { timeout: 900_000 },
    async (where) => {
      let atWrite = 0;
      while (await survives({ where, atWrite })) atWrite += 1;
      expect(atWrite).toBeGreaterThanOrEqual(9);
    },
  );
});
