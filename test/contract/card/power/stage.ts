import { fromHex, toHex } from "../../../../card/apdu/bytes.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import type { CardIdentity, FreeSpace } from "../../../../card/commands/data-objects.ts";
import type { DatabaseId, PeerTag, RecordId, SyncObject } from "../../../../card/commands/ids.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import { CONTACTS, PIN, text } from "../../../support/card/virtual.ts";

/** The PIN and PUK that replace those of a new card. */
export const FRESH_PIN = "2468";
export const FRESH_PUK = "24682468";

/** One pair (DB1, DB2) that a scenario has named. */
export interface Pair {
  readonly db: DatabaseId;
  readonly tag: PeerTag;
}

/**
 * A card on which a scenario is played. Random objects get names in the order in which they are drawn, so that two
 * cards with the same past look the same.
 */
export class Stage {
  readonly transport: Transport;
  readonly pairs: Pair[] = [];
  readonly #names = new Map<SyncObject, string>();
  /** Of the card as it was new. */
  readonly newSpace: FreeSpace;
  readonly newIdentity: CardIdentity;
  #card: PimCard;
  #lastObject: SyncObject | undefined;

  private constructor(
    transport: Transport,
    card: PimCard,
    born: readonly [FreeSpace, CardIdentity],
  ) {
    this.transport = transport;
    this.#card = card;
    [this.newSpace, this.newIdentity] = born;
  }

  /** @param transport to a new card */
  static async open(transport: Transport): Promise<Stage> {
    const card = await PimCard.open(transport);
    await card.verify(PIN);
    return new Stage(transport, card, [await card.freeSpace(), await card.identity()]);
  }

  get card(): PimCard {
    return this.#card;
  }

  /** The object that the next COMMIT is to name: the one proposed last, unless a scenario says otherwise. */
  get lastObject(): SyncObject {
    if (this.#lastObject === undefined) throw new Error("no sync has been opened");
    return this.#lastObject;
  }

  set lastObject(object: SyncObject) {
    this.#lastObject = object;
  }

  /** Power off and on; the PIN is verified again. */
  async reset(): Promise<void> {
    await this.transport.reset();
    this.#card = await PimCard.open(this.transport);
    await this.#card.verify(PIN);
  }

  /** @returns the answer in hexadecimal digits */
  async send(command: string): Promise<string> {
    return toHex(await this.transport.transmit(fromHex(command)));
  }

  /** Opens a sync. @returns the proposed object, named from now on */
  async start(tag: PeerTag, { db = CONTACTS, mayEvict = false } = {}): Promise<SyncObject> {
    const { proposed } = await this.card.startSync(db, tag, { mayEvict });
    if (!this.pairs.some((pair) => pair.db === db && pair.tag === tag))
      this.pairs.push({ db, tag });
    this.#lastObject = proposed;
    this.#names.set(proposed, `object ${String(this.#names.size + 1)}`);
    return proposed;
  }

  /** A whole sync without changes. @returns the object that is current now */
  async settle(
    tag: PeerTag,
    options: { db?: DatabaseId; mayEvict?: boolean } = {},
  ): Promise<SyncObject> {
    const object = await this.start(tag, options);
    await this.commit(object, options.db);
    return object;
  }

  /** @throws Error where the card does not take it */
  async commit(object: SyncObject, db: DatabaseId = CONTACTS): Promise<void> {
    const { type } = await this.card.commitSync(db, object);
    if (type !== "committed") throw new Error(type);
  }

  /** Makes records; on a new card the n-th change of all has the id n. */
  async create(...contents: readonly string[]): Promise<readonly RecordId[]> {
    const ids: RecordId[] = [];
    for (const content of contents) {
      const made = await this.card.create(CONTACTS, text(content));
      if (made.type !== "written") throw new Error(made.type);
      ids.push(made.id);
    }
    return ids;
  }

  /** @returns `-` for none, `unknown` for an object that no scenario was given */
  nameOf(object: SyncObject | undefined): string {
    return object === undefined ? "-" : (this.#names.get(object) ?? "unknown");
  }
}
