import { createHash } from "node:crypto";
import type { DatabaseId, PimCard, RecordId } from "../../card/index.ts";
import { decodeRecord, encodeRecord } from "../pim/card-record.ts";
import { fingerprint } from "../pim/fingerprint.ts";
import type { PimItem } from "../pim/item.ts";
import type { PimKind } from "../pim/kind.ts";
import { strongKey } from "../pim/strong-key.ts";
import type { ExchangedContent } from "./map-row.ts";
import type { Image, ImageEntry, RecordVersion } from "./image.ts";

/** A version of a record that the card listed. */
export interface ListedVersion extends RecordVersion {
  readonly id: RecordId;
}

/** An item ready to be written or compared: its bytes on the card and what it is recognised by. */
export interface PreparedItem {
  readonly item: PimItem;
  readonly content: Uint8Array;
  readonly hash: string;
  /** Hashed; empty where the item has none. */
  readonly strongKey: string;
  /** What the peer sent, where the item is that joined with what the card holds. */
  readonly asSent?: PreparedItem;
}

/** @returns how a map row remembers an item that came from the peer */
export const exchanged = ({ hash, asSent }: PreparedItem): ExchangedContent =>
  asSent === undefined || asSent.hash === hash ? { hash } : { hash, as: asSent.hash };

const KEY_HEX_DIGITS = 32;

export function prepareItem(item: PimItem): PreparedItem {
  const key = strongKey(item);
  return {
    item,
    content: encodeRecord(item),
    hash: fingerprint(item),
    strongKey: key === "" ? "" : hashKey(item.kind, key),
  };
}

/** Strong keys are names of people: only their hash is kept. */
const hashKey = (kind: PimKind, key: string): string =>
  createHash("sha256").update(`${kind}\n${key}`).digest("hex").slice(0, KEY_HEX_DIGITS);

/** The records of one card database, from the image where it holds them, else from the card. */
export class CardRecords {
  readonly #image: Image;
  readonly #database: DatabaseId;
  readonly #kind: PimKind;

  constructor(image: Image, database: DatabaseId, kind: PimKind) {
    this.#image = image;
    this.#database = database;
    this.#kind = kind;
  }

  /** @returns an entry for each listed version that is still live; reads from the card only what the image lacks */
  async know(
    card: PimCard,
    versions: readonly ListedVersion[],
  ): Promise<ReadonlyMap<RecordId, ImageEntry>> {
    const known = new Map<RecordId, ImageEntry>();
    const missing = new Map<RecordId, ListedVersion>();
    for (const version of versions) {
      const entry = await this.#image.find(version.id, version);
      if (entry === undefined) missing.set(version.id, version);
      else known.set(version.id, entry);
    }
    if (missing.size === 0) return known;
    for (const read of await card.read(this.#database, [...missing.keys()])) {
      const version = missing.get(read.id);
      if (version === undefined) continue;
      const entry = this.#entryOf(version, read.content);
      known.set(read.id, entry);
      if (!read.changedSinceSnapshot) await this.#image.put(entry, read.content);
    }
    return known;
  }

  /** @returns the items that can be read, from the image or the card; others are left out */
  async items(card: PimCard, ids: readonly RecordId[]): Promise<ReadonlyMap<RecordId, PimItem>> {
    const items = new Map<RecordId, PimItem>();
    for (const [id, content] of await this.#contents(card, ids)) {
      const item = this.itemOf(content);
      if (item !== undefined) items.set(id, item);
    }
    return items;
  }

  /** @returns contents as they stand on the card, readable or not, with what they are compared by; live records only */
  async raw(
    card: PimCard,
    ids: readonly RecordId[],
  ): Promise<ReadonlyMap<RecordId, { readonly content: Uint8Array; readonly hash: string }>> {
    const found = new Map<RecordId, { readonly content: Uint8Array; readonly hash: string }>();
    for (const [id, content] of await this.#contents(card, ids))
      found.set(id, { content, hash: this.hashOf(content) });
    return found;
  }

  /** @returns undefined for a content that cannot be read as an item */
  itemOf(content: Uint8Array): PimItem | undefined {
    const decoded = decodeRecord(this.#kind, content);
    return decoded.type === "item" ? decoded.item : undefined;
  }

  /** What a content is compared by: the item's fingerprint, or a digest of the bytes where they are no item. */
  hashOf(content: Uint8Array): string {
    const item = this.itemOf(content);
    if (item !== undefined) return fingerprint(item);
    return `raw:${createHash("sha256").update(content).digest("hex").slice(0, KEY_HEX_DIGITS)}`;
  }

  async #contents(
    card: PimCard,
    ids: readonly RecordId[],
  ): Promise<ReadonlyMap<RecordId, Uint8Array>> {
    const contents = new Map(await this.#image.contents(ids));
    const missing = ids.filter((id) => !contents.has(id));
    if (missing.length > 0)
      for (const read of await card.read(this.#database, missing))
        contents.set(read.id, read.content);
    return contents;
  }

  /** @returns those of `ids` that have a live record now */
  async live(card: PimCard, ids: readonly RecordId[]): Promise<ReadonlySet<RecordId>> {
    if (ids.length === 0) return new Set();
    return new Set((await card.read(this.#database, ids)).map((read) => read.id));
  }

  /** @returns the hashed strong key of a live record ("" where it has none), undefined where it cannot be read */
  async strongKeyOf(card: PimCard, recordId: RecordId): Promise<string | undefined> {
    const latest = await this.#image.latest(recordId);
    if (latest !== undefined) return latest.strongKey;
    const item = (await this.items(card, [recordId])).get(recordId);
    return item === undefined ? undefined : prepareItem(item).strongKey;
  }

  async wrote(recordId: RecordId, version: RecordVersion, prepared: PreparedItem): Promise<void> {
    const { hash, strongKey: key, content } = prepared;
    const { modCsn, crc16 } = version;
    await this.#image.put({ recordId, modCsn, crc16, hash, strongKey: key }, content);
  }

  /** As {@link wrote}, for a content that may be no item. */
  async wroteRaw(recordId: RecordId, version: RecordVersion, content: Uint8Array): Promise<void> {
    await this.#image.put(this.#entryOf({ id: recordId, ...version }, content), content);
  }

  async deleted(recordId: RecordId): Promise<void> {
    await this.#image.drop(recordId);
  }

  #entryOf(version: ListedVersion, content: Uint8Array): ImageEntry {
    const { id: recordId, modCsn, crc16 } = version;
    const item = this.itemOf(content);
    if (item === undefined) return { recordId, modCsn, crc16, hash: "", strongKey: "" };
    const { hash, strongKey: key } = prepareItem(item);
    return { recordId, modCsn, crc16, hash, strongKey: key };
  }
}
