import { cpSync } from "node:fs";
import { join } from "node:path";
import type { ItemCounts } from "../../src/bridge/sync-report.ts";
import type { BridgeWorld, NetworkFault } from "./bridge-world.ts";
import { ClientWorld, contactsOf, type ClientSyncOptions } from "./client-world.ts";
import { ConnectionLost } from "./scripted-client.ts";

/** Where one sync breaks: a message is lost, or our service dies at one of its APDUs. */
export type ClientFault =
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

const CARD = "saved-card.bin";
const STORE = "saved.sqlite";

/** Two services that can be put back to how they once were, so that each fault meets the same sync. */
export class ClientFaultSweep {
  readonly world: ClientWorld;

  constructor(world: ClientWorld) {
    this.world = world;
  }

  async save(): Promise<void> {
    for (const each of this.#services()) {
      await each.saveStore(STORE);
      each.saveCard(CARD);
    }
  }

  async putBack(): Promise<void> {
    for (const each of this.#services()) {
      await each.kill();
      cpSync(join(each.folder, CARD), each.cardPath);
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
