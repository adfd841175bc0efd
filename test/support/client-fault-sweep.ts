import { cpSync } from "node:fs";
import { join } from "node:path";
import type { ItemCounts } from "../../src/bridge/sync-report.ts";
import type { BridgeWorld, NetworkFault } from "./bridge-world.ts";
import type { Comeback } from "./card-under-sync.ts";
import type { CuttableNvm, Cut } from "./card/cuttable-nvm.ts";
import type { PowerSocket } from "./card/power-socket.ts";
import { ClientWorld, contactsOf, type ClientSyncOptions } from "./client-world.ts";
import { ConnectionLost } from "./scripted-client.ts";

/** Where one sync breaks: a message is lost, our service dies at one of its APDUs, or the card's power goes at a write. */
export type ClientFault =
  | { readonly type: "cut"; readonly cut: Cut; readonly comeback: Comeback }
  | { readonly type: "message"; readonly fault: NetworkFault }
  | { readonly type: "death"; readonly apdu: number; readonly when: "before" | "after" };

/** What the next syncs have to bring about. */
export interface Verdict {
  readonly slowSyncs: number;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Items that the third sync still exchanged. */
  readonly unrest: number;
}

/** What cuts the power of our card. */
export interface PowerSwitch {
  readonly nvm: CuttableNvm;
  readonly socket: PowerSocket;
}

const COMEBACKS: readonly Comeback[] = ["flickers", "is pulled", "dies with the service"];

const CARD = "saved-card.bin";
const STORE = "saved.sqlite";

/** Two services that can be put back to how they once were, so that each fault meets the same sync. */
export class ClientFaultSweep {
  readonly world: ClientWorld;
  readonly #power: PowerSwitch | undefined;
  #image = new Uint8Array();

  /** @param power of our card, where it is to be cut; then that card is no file */
  constructor(world: ClientWorld, power?: PowerSwitch) {
    this.world = world;
    this.#power = power;
  }

  async save(): Promise<void> {
    for (const each of this.#services()) {
      await each.saveStore(STORE);
      if (!this.#isCuttable(each)) each.saveCard(CARD);
    }
    this.#image = this.#power?.nvm.image.slice() ?? this.#image;
  }

  async putBack(): Promise<void> {
    for (const each of this.#services()) {
      await each.kill();
      if (this.#isCuttable(each)) this.#power?.nvm.image.set(this.#image);
      else cpSync(join(each.folder, CARD), each.cardPath);
      each.putStoreBack(STORE);
      await each.start();
    }
  }

  /** @returns every place where the sync can break; leaves the services as they were saved */
  async faults(options: ClientSyncOptions = {}): Promise<readonly ClientFault[]> {
    await this.putBack();
    let apdus = 0;
    this.world.ours.beforeApdu = () => {
      apdus += 1;
    };
    await this.world.sync(options);
    this.world.ours.beforeApdu = undefined;
    const messages = Array.from({ length: this.world.messages }, (_, at) => at + 1);
    return [
      ...messages.flatMap((message) =>
        (["request", "answer"] as const).map((what) => ({
          type: "message" as const,
          fault: { message, what },
        })),
      ),
      ...Array.from({ length: apdus }, (_, at) => at + 1).flatMap((apdu) =>
        (["before", "after"] as const).map((when) => ({ type: "death" as const, apdu, when })),
      ),
    ];
  }

  /** @returns every place where the card's power can go */
  async cuts(): Promise<readonly ClientFault[]> {
    await this.putBack();
    const before = this.#power?.nvm.writes ?? 0;
    await this.world.sync();
    const writes = (this.#power?.nvm.writes ?? 0) - before;
    return Array.from({ length: writes }, (_, atWrite) =>
      (["before", "inside", "after"] as const).map((where, at) => ({
        type: "cut" as const,
        cut: { atWrite, where },
        comeback: COMEBACKS[(atWrite + at) % COMEBACKS.length] ?? "flickers",
      })),
    ).flat();
  }

  /** One sync that breaks, then `between`, then three that do not. */
  async tryFault(
    fault: ClientFault,
    options: ClientSyncOptions = {},
    between: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Verdict> {
    await this.putBack();
    await this.#break(fault, options);
    await between();
    let slowSyncs = 0;
    for (let round = 0; round < 3; round += 1) {
      const { type } = await this.world.sync();
      if (type !== "twoWay") slowSyncs += 1;
    }
    const { ours, theirs, run } = this.world;
    const moved = (run?.results() ?? []).flatMap(({ sent, received }) => [
      ...numbersOf(sent),
      ...numbersOf(received),
    ]);
    return {
      slowSyncs,
      ours: await contactsOf(ours),
      theirs: await contactsOf(theirs),
      unrest: moved.reduce((sum, count) => sum + count, 0),
    };
  }

  async #break(fault: ClientFault, options: ClientSyncOptions): Promise<void> {
    const { world } = this;
    if (fault.type === "cut") return this.#cut(fault);
    if (fault.type === "message") world.fault = fault.fault;
    else world.ours.dieAt = { apdu: fault.apdu, when: fault.when };
    try {
      await world.sync(options);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    } finally {
      world.fault = undefined;
      world.ours.dieAt = undefined;
    }
  }

  /** A card that fails may end the sync with or without an error. */
  async #cut({ cut, comeback }: Extract<ClientFault, { readonly type: "cut" }>): Promise<void> {
    const power = this.#power;
    if (power === undefined) throw new Error("the card's power cannot be cut");
    power.socket.staysAway = comeback === "is pulled";
    const start = power.nvm.writes;
    power.nvm.cutAt(cut);
    await this.world.sync().catch(() => undefined);
    if (power.nvm.writes <= start + cut.atWrite) throw new Error("the power was not cut");
    power.nvm.cutAt(undefined);
    power.socket.putIn();
    if (comeback === "dies with the service") await this.world.ours.restart();
  }

  #isCuttable(service: BridgeWorld): boolean {
    return this.#power !== undefined && service === this.world.ours;
  }

  #services(): readonly BridgeWorld[] {
    return [this.world.ours, this.world.theirs];
  }
}

const numbersOf = ({ added, changed, deleted, failed }: ItemCounts): readonly number[] => [
  added,
  changed,
  deleted,
  failed,
];
