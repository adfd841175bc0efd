import type { PimCard } from "../../../card/client/pim-card.ts";
import { toRecordId, type RecordId } from "../../../card/commands/ids.ts";
import { formatCard } from "../../../card/virtual/format-card.ts";
import { DEFAULT_PEER_COUNT, defaultHeaderCount, toLayout } from "../../../card/virtual/layout.ts";
import { VirtualCard } from "../../../card/virtual/virtual-card.ts";
import { Dice } from "../../support/card/fuzz/dice.ts";
import {
  CONTACTS,
  countingRandom,
  login,
  peer,
  PIN,
  PUK,
  text,
  transportOf,
} from "../../support/card/virtual.ts";
import { sampleRecords } from "./sample-contacts.ts";
import { WornNvm, type Wear } from "./worn-nvm.ts";

/** What many syncs have done to a card. */
export interface WearReport {
  readonly syncs: number;
  readonly changedRecords: number;
  readonly regions: readonly Wear[];
  /** Without those of PIN checks, of which there is one for each sync. */
  readonly writesPerChange: number;
  /** Of them, those that are not of bodies: headers, peer entries, purged tombstones. */
  readonly atomicWritesPerChange: number;
}

const SIZE_KB = 144;
const PEERS = 4;
const RECORDS = 150;
/** Changes of one side in one sync, at most. */
const MOST_CHANGES = 4;

/**
 * Syncs of several peers in turns that chance draws, each in a session of its own with its PIN: changes by a person
 * before, changes by the peer, sometimes none, PREPARE where there are any, COMMIT.
 */
export const measureWear = async (syncs: number): Promise<WearReport> => {
  const nvm = new WornNvm(SIZE_KB * 1024);
  const random = countingRandom();
  formatCard(nvm, random, { pin: text(PIN), puk: text(PUK) });
  const transport = transportOf(new VirtualCard(nvm, random));
  const writer = new Writer(new Dice(7));
  const first = await login({ transport });
  for (let n = 0; n < RECORDS; n++) await writer.create(first);
  nvm.forget();
  writer.changes = 0;
  for (let n = 0; n < syncs; n++) {
    await transport.reset();
    await writer.sync(await login({ transport }));
  }
  return report(nvm, syncs, writer.changes);
};

const report = (nvm: WornNvm, syncs: number, changedRecords: number): WearReport => {
  const { sizeBytes } = nvm;
  const layout = toLayout(sizeBytes, defaultHeaderCount(sizeBytes), DEFAULT_PEER_COUNT);
  const regions = nvm.wear(layout);
  const writesIn = (isIt: (region: Wear["region"]) => boolean): number =>
    regions.reduce((sum, { region, writes }) => sum + (isIt(region) ? writes : 0), 0);
  const isSync = (region: Wear["region"]): boolean => region !== "PIN and PUK";
  return {
    syncs,
    changedRecords,
    regions,
    writesPerChange: writesIn(isSync) / changedRecords,
    atomicWritesPerChange:
      writesIn((region) => isSync(region) && region !== "blocks") / changedRecords,
  };
};

/** Draws changes and remembers which records live. */
class Writer {
  changes = 0;
  readonly #dice: Dice;
  readonly #samples = sampleRecords();
  #live: RecordId[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  async sync(card: PimCard): Promise<void> {
    const tag = peer(this.#dice.below(PEERS));
    await this.#changeSome(card, true);
    const { proposed, current } = await card.startSync(CONTACTS, tag, { mayEvict: false });
    await card.listChanges(CONTACTS, current ?? "everything");
    const count = this.#dice.below(MOST_CHANGES + 1);
    if (count > 0) await card.prepareSync(CONTACTS, proposed);
    await this.#changeSome(card, false, count);
    await card.commitSync(CONTACTS, proposed);
  }

  async create(card: PimCard, asNobody = true): Promise<void> {
    const made = await card.create(CONTACTS, this.#content(), { asNobody });
    if (made.type === "written") this.#live.push(made.id);
    this.changes++;
  }

  async #changeSome(
    card: PimCard,
    asNobody: boolean,
    count: number = this.#dice.below(MOST_CHANGES + 1),
  ): Promise<void> {
    for (let n = 0; n < count; n++) await this.#change(card, asNobody);
  }

  /** As many records come as go, and most changes are edits. */
  async #change(card: PimCard, asNobody: boolean): Promise<void> {
    const id = this.#dice.pick(this.#live);
    if (this.#dice.isLucky(0.2)) return this.create(card, asNobody);
    if (this.#dice.isLucky(0.25)) {
      await card.delete(CONTACTS, toRecordId(id), { asNobody });
      this.#live = this.#live.filter((each) => each !== id);
    } else {
      await card.update(CONTACTS, id, this.#content(), { asNobody });
    }
    this.changes++;
  }

  #content(): Uint8Array {
    return this.#dice.pick(this.#samples);
  }
}
