import { randomBytes } from "node:crypto";
import { formatCard } from "../../card/virtual/format-card.ts";
import { BridgeWorld, WORLD_PIN } from "./bridge-world.ts";
import { CuttableCard } from "./card/cuttable-card.ts";
import { CuttableNvm, type Cut } from "./card/cuttable-nvm.ts";
import { PowerSocket } from "./card/power-socket.ts";
import type { ScriptedClient, ScriptedClientOptions } from "./scripted-client.ts";

const SIZE_BYTES = 64 * 1024;
const STORE = "saved.sqlite";

/** What becomes of a card that has lost its power in the middle of a sync. */
export type Comeback =
  /** Its contact was bad: it is there again at once. */
  | "flickers"
  /** It was pulled, and is put in again after the sync has failed. */
  | "is pulled"
  /** The computer lost its power, too: the service starts again. */
  | "dies with the service";

/** A service, a client and a card whose power can be cut, all of which can be put back to how they once were. */
export class CardUnderSync {
  readonly nvm: CuttableNvm;
  readonly world: BridgeWorld;
  readonly client: ScriptedClient;
  readonly #socket: PowerSocket;
  #saved: { readonly image: Uint8Array; readonly client: unknown } | undefined;

  private constructor(
    world: BridgeWorld,
    socket: PowerSocket,
    parts: { readonly nvm: CuttableNvm; readonly options: Partial<ScriptedClientOptions> },
  ) {
    this.world = world;
    this.#socket = socket;
    this.nvm = parts.nvm;
    this.client = world.client({ comparesOurLast: true, ...parts.options });
  }

  /** @param options of the client */
  static async create(options: Partial<ScriptedClientOptions> = {}): Promise<CardUnderSync> {
    const nvm = new CuttableNvm(new Uint8Array(SIZE_BYTES));
    const utf8 = new TextEncoder();
    formatCard(nvm, randomBytes, { pin: utf8.encode(WORLD_PIN), puk: utf8.encode("87654321") });
    const socket = new PowerSocket(new CuttableCard(nvm, randomBytes));
    const world = await BridgeWorld.create(undefined, { connect: () => socket.connect() });
    return new CardUnderSync(world, socket, { nvm, options });
  }

  /** Keeps the present state for {@link putBack}. */
  async save(): Promise<void> {
    await this.world.saveStore(STORE);
    this.#saved = { image: this.nvm.image.slice(), client: this.client.snapshot() };
  }

  async putBack(): Promise<void> {
    if (!this.#saved) throw new Error("nothing was saved");
    await this.world.kill();
    this.nvm.image.set(this.#saved.image);
    this.client.restore(this.#saved.client);
    this.world.putStoreBack(STORE);
    await this.world.start();
  }

  /** Syncs, and cuts the card's power: see {@link cutDuring}. */
  syncAndCut(code: number, cut: Cut | undefined, comeback: Comeback): Promise<number> {
    return this.cutDuring(() => this.client.sync(code), cut, comeback);
  }

  /**
   * Does something with the card, and cuts its power meanwhile.
   * @returns writes of the card until the cut, or in all
   * @throws Error where the cut did not happen
   */
  async cutDuring(
    work: () => Promise<unknown>,
    cut: Cut | undefined,
    comeback: Comeback,
  ): Promise<number> {
    const { nvm, world } = this;
    this.#socket.staysAway = comeback === "is pulled";
    const start = nvm.writes;
    nvm.cutAt(cut);
    if (cut) await work().catch(() => undefined);
    else await work();
    if (cut && nvm.writes <= start + cut.atWrite) throw new Error("the power was not cut");
    nvm.cutAt(undefined);
    const writes = nvm.writes - start;
    this.#socket.putIn();
    if (comeback === "dies with the service") await world.restart();
    return writes;
  }

  destroy(): Promise<void> {
    return this.world.destroy();
  }
}
