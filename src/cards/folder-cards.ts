import type { Logger } from "pino";
import { CardError } from "../../card/index.ts";
import type { CardShelf } from "../bridge/card-shelf.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import { CardKeeper } from "./card-keeper.ts";
import type { CardSource, PinSource } from "./card-source.ts";
import { makeVirtualCard } from "./make-virtual-card.ts";
import { VirtualCards, type VirtualCardFile } from "./virtual-cards.ts";
import { VirtualReaders } from "./virtual-readers.ts";
import { whyNotOpen } from "./why-not-open.ts";

export interface FolderCardsOptions {
  readonly dataDir: string;
  readonly shelf: CardShelf;
  readonly log: Logger;
  /** Readers besides the folder's virtual cards. */
  readonly sources: readonly CardSource[];
}

/** All cards that the service can reach: the folder's virtual ones and those in readers. */
export class FolderCards {
  readonly keeper: CardKeeper;
  readonly #files: VirtualCards;
  readonly #shelf: CardShelf;
  #virtual: VirtualReaders | undefined;

  constructor({ dataDir, shelf, log, sources }: FolderCardsOptions) {
    this.#shelf = shelf;
    this.#files = new VirtualCards(dataDir);
    const virtual: CardSource = {
      kind: "virtual",
      pins: pinsOf(this.#files),
      open: (listener) => (this.#virtual = new VirtualReaders(this.#files, listener)),
    };
    this.keeper = new CardKeeper({ shelf, log, sources: [virtual, ...sources] });
  }

  /** Opens what is there. Where `makesCard` and there is no card at all, a virtual one is made. */
  async start(options: { readonly makesCard: boolean; readonly sizeKb: number }): Promise<void> {
    await this.keeper.start();
    await this.keeper.settled();
    const hasCard = this.keeper.list().some(({ slot }) => slot !== undefined);
    if (options.makesCard && !hasCard) await this.create({ sizeKb: options.sizeKb });
  }

  /**
   * Makes a virtual card, names it and puts it on the shelf.
   * @throws BridgeError BRIDGE_USAGE for a label that no card can have, BRIDGE_REFUSED if another card has it
   */
  async create(options: { readonly sizeKb: number; readonly label?: string }): Promise<HeldCard> {
    if (options.label !== undefined) checkLabel(this.#shelf, options.label);
    const file = await makeVirtualCard(this.#files, options);
    this.#virtual?.add(file);
    await this.keeper.settled();
    const place = this.keeper.list().find(({ kind, reader }) => isFile(kind, reader, file));
    if (place?.slot?.type !== "open") throw new CardError("CARD_ABSENT", "the new card is gone");
    return place.slot.held;
  }

  /** Why cards that are there cannot be used. */
  failures(): readonly Error[] {
    return this.keeper.list().flatMap(({ slot }) => {
      const isPassed = slot === undefined || slot.type === "open" || slot.type === "foreign";
      return isPassed ? [] : [whyNotOpen(slot)];
    });
  }

  close(): Promise<void> {
    return this.keeper.close();
  }
}

const isFile = (kind: string, reader: string, file: VirtualCardFile): boolean =>
  kind === "virtual" && reader === file.name;

/** PIN and PUK lie beside the card; where they do not, a person has to give them, and they are put there. */
const pinsOf = (files: VirtualCards): PinSource => {
  const fileOf = (reader: string): VirtualCardFile | undefined =>
    files.list().find(({ name }) => name === reader);
  return {
    pinFor: (reader) => {
      const file = fileOf(reader);
      return file && files.pin(file);
    },
    wasRight: (reader, pin) => {
      const file = fileOf(reader);
      if (file !== undefined) files.keep(file, "PIN", pin);
    },
    keepPuk: (reader, puk) => {
      const file = fileOf(reader);
      if (file !== undefined) files.keep(file, "PUK", puk);
    },
  };
};

/** @throws BridgeError BRIDGE_USAGE for a label that no card can have, BRIDGE_REFUSED if another card has it */
export function checkLabel(shelf: CardShelf, label: string): void {
  const bytes = Buffer.byteLength(label, "utf8");
  if (bytes === 0 || bytes > LIMITS.cardLabelBytes || /[/\p{Cc}]/u.test(label)) {
    const most = String(LIMITS.cardLabelBytes);
    throw new BridgeError("BRIDGE_USAGE", `A label has 1 to ${most} bytes and no slash.`);
  }
  if (!shelf.list().some((card) => card.label === label)) return;
  throw new BridgeError("BRIDGE_REFUSED", `There is a card "${label}" already.`);
}
