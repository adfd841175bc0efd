import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { serveVpcd } from "../../card/index.ts";
import { AppletBench } from "../support/card/applet.ts";
import { BUILD_TIMEOUT_MS, missingForApplet } from "../support/card/applet-build.ts";
import { PowerCut } from "../support/card/cuttable-nvm.ts";
import { lacksPcsc, startPcscd } from "../support/card/pcscd.ts";
import { PIN } from "../support/card/virtual.ts";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
  newestHistory,
} from "./support/expectations.ts";
import { ASKED_FOR_SLOW } from "./support/in-step.ts";
import { contact } from "./support/samples.ts";
import { World } from "./support/world.ts";

const CUTS = [0, 2, 5].flatMap((atWrite) =>
  (["before", "inside", "after"] as const).map((where) => ({ atWrite, where })),
);

/** The applet on jCardSim, in a reader of a real PC/SC daemon, for a real client: nothing stands in for anything. */
describe.skipIf(lacksPcsc || missingForApplet.length > 0)(
  "the applet in a PC/SC reader (needs pcscd, vpcd, java, mvn)",
  () => {
    let bench: AppletBench;
    beforeAll(() => {
      bench = new AppletBench();
    }, BUILD_TIMEOUT_MS);
    afterAll(() => bench.close());

    const worldWithApplet = async () => {
      const pcscd = await startPcscd({ slots: 2 });
      onTestFinished(() => pcscd.stop());
      const world = await World.create({
        hasOwnCard: false,
        settings: { ...pcscd.env, CARDSYNC_CARD__VIRTUAL: "false", CARDSYNC_PIN: PIN },
      });
      await bench.newCard();
      const card = new InsertedApplet(bench, pcscd.ports[0] ?? 0);
      onTestFinished(() => card.remove());
      return { world, card };
    };

    it("synchronizes both ways with SyncEvolution", async () => {
      const { world, card } = await worldWithApplet();
      card.insert();
      await untilState(world, "open");
      const phone = await world.client();
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
      await card.remove();
      await untilState(world, "empty");
      card.insert();
      await untilState(world, "open");
      await expectNoChanges(world, phone);
    });

    it("loses power amid syncs: the next one is fast, and nothing is lost or doubled", async () => {
      const { world, card } = await worldWithApplet();
      card.insert();
      await untilState(world, "open");
      const phone = await world.client();
      phone.put("Anna", contact("Anna"));
      expectSuccess(await phone.sync());
      const titles = ["Anna"];
      for (const [round, cut] of CUTS.entries()) {
        const name = `Round ${String(round)}`;
        phone.put(name, contact(name));
        phone.edit("FN:Anna", newTel(`+1 ${String(round)}`));
        titles.push(name);
        await bench.cutAt(cut);
        await phone.sync();
        await bench.cutAt(undefined);
        await card.remove();
        expect(card.hasLostPower).toBe(true);
        await untilState(world, "empty");
        card.insert();
        await untilState(world, "open");
        expectSuccess(await phone.sync());
        const { typeDone } = await newestHistory(world.service);
        expect(`${name} ${typeDone}`).toBe(`${name} two-way`);
        await expectInStep(world, phone, titles);
      }
      await expectNoChanges(world, phone);
    }, 300_000);
  },
);

/** The applet in a virtual reader; losing power takes it out. */
class InsertedApplet {
  readonly #bench: AppletBench;
  readonly #port: number;
  /** Whether that ended its last stay. */
  hasLostPower = false;
  #controller = new AbortController();
  #served: Promise<unknown> = Promise.resolve();

  constructor(bench: AppletBench, port: number) {
    this.#bench = bench;
    this.#port = port;
  }

  insert(): void {
    this.hasLostPower = false;
    this.#controller = new AbortController();
    const options = { port: this.#port, signal: this.#controller.signal };
    this.#served = this.#bench.transport
      .reset()
      .then(() => serveVpcd(this.#bench.transport, options))
      .catch((error: unknown) => {
        if (!(error instanceof PowerCut)) throw error;
        this.hasLostPower = true;
      });
  }

  async remove(): Promise<void> {
    this.#controller.abort();
    await this.#served;
  }
}

const newTel = (tel: string) => (card: string) =>
  card.replace(/TEL;TYPE=CELL:.*/, `TEL;TYPE=CELL:${tel}`);

/** Waits until the card in the first reader is in that state. */
const untilState = (world: World, state: string): Promise<void> =>
  vi.waitFor(
    async () => {
      const listed = await world.service.run(["card", "list", "--json"]);
      const { places } = JSON.parse(listed) as { places: { readonly state: string }[] };
      expect(places[0]?.state).toBe(state);
    },
    { timeout: 20_000, interval: 200 },
  );
