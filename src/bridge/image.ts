import type { Kysely } from "kysely";
import type { Csn, RecordId } from "../../card/index.ts";
import type { Cipher } from "../store/cipher.ts";
import {
  deleteImageRows,
  dropOtherEpochs,
  loadImageContents,
  loadImageIndex,
  saveImageRows,
  type ImageKey,
} from "../store/image-store.ts";
import type { Tables } from "../store/schema.ts";

/** Which version of a record: the card changes modCsn with every write, crc16 guards against counters that ran back. */
export interface RecordVersion {
  readonly modCsn: Csn;
  readonly crc16: number;
}

export interface ImageEntry extends RecordVersion {
  readonly recordId: RecordId;
  /** Fingerprint of the item; empty where the record cannot be read as one. */
  readonly hash: string;
  /** Hashed; empty where the item has none. */
  readonly strongKey: string;
}

/**
 * The local copy of one card database: a record is read from the card once in its life.
 * An entry counts only for the version that it was made from. Contents are sealed on disk, or kept in memory alone.
 */
export class Image {
  readonly #db: Kysely<Tables>;
  readonly #cipher: Cipher;
  readonly #key: ImageKey;
  readonly #keep: "disk" | "memory";
  readonly #fresh = new Map<RecordId, Uint8Array>();
  readonly #unsaved = new Set<RecordId>();
  readonly #dropped = new Set<RecordId>();
  #index: Promise<Map<RecordId, ImageEntry>> | undefined;

  constructor(db: Kysely<Tables>, cipher: Cipher, key: ImageKey, keep: "disk" | "memory") {
    this.#db = db;
    this.#cipher = cipher;
    this.#key = key;
    this.#keep = keep;
  }

  /** @returns the entry of exactly this version, or undefined where the record has to be read */
  async find(recordId: RecordId, version: RecordVersion): Promise<ImageEntry | undefined> {
    const entry = (await this.#entries()).get(recordId);
    if (entry === undefined) return undefined;
    return entry.modCsn === version.modCsn && entry.crc16 === version.crc16 ? entry : undefined;
  }

  /** @returns whatever is held of a record, which may be an old version */
  async latest(recordId: RecordId): Promise<ImageEntry | undefined> {
    return (await this.#entries()).get(recordId);
  }

  /** @returns the newest change that the image knows of; 0 where it is empty */
  async newestCsn(): Promise<number> {
    let newest = 0;
    for (const { modCsn } of (await this.#entries()).values()) newest = Math.max(newest, modCsn);
    return newest;
  }

  async put(entry: ImageEntry, content: Uint8Array): Promise<void> {
    (await this.#entries()).set(entry.recordId, entry);
    this.#fresh.set(entry.recordId, content);
    this.#unsaved.add(entry.recordId);
    this.#dropped.delete(entry.recordId);
  }

  async drop(recordId: RecordId): Promise<void> {
    (await this.#entries()).delete(recordId);
    this.#fresh.delete(recordId);
    this.#unsaved.delete(recordId);
    this.#dropped.add(recordId);
  }

  /** Drops every record that `live` does not name: after a list of everything. */
  async retain(live: ReadonlySet<RecordId>): Promise<void> {
    for (const recordId of [...(await this.#entries()).keys()])
      if (!live.has(recordId)) await this.drop(recordId);
  }

  /** @returns the records' contents as the card holds them; ids that are not in the image are left out */
  async contents(ids: readonly RecordId[]): Promise<ReadonlyMap<RecordId, Uint8Array>> {
    const found = new Map<RecordId, Uint8Array>();
    const stored: RecordId[] = [];
    for (const id of ids) {
      const content = this.#fresh.get(id);
      if (content === undefined) stored.push(id);
      else found.set(id, content);
    }
    for (const row of await loadImageContents(this.#db, this.#key, stored))
      found.set(
        row.record_id as RecordId,
        this.#cipher.open(row.content, this.#aad(row.record_id)),
      );
    return found;
  }

  /** Writes what is new; part of the transaction in which a message's results become durable. */
  async flush(trx: Kysely<Tables>): Promise<void> {
    if (this.#keep === "memory" || (this.#unsaved.size === 0 && this.#dropped.size === 0)) return;
    const entries = await this.#entries();
    const unsaved = [...this.#unsaved].flatMap((id) => {
      const entry = entries.get(id);
      const content = this.#fresh.get(id);
      return entry === undefined || content === undefined ? [] : [{ entry, content }];
    });
    const dropped = [...this.#dropped];
    this.#unsaved.clear();
    this.#dropped.clear();
    await deleteImageRows(trx, this.#key, dropped);
    await saveImageRows(
      trx,
      unsaved.map(({ entry, content }) => this.#row(entry, content)),
    );
    for (const { entry, content } of unsaved)
      if (this.#fresh.get(entry.recordId) === content) this.#fresh.delete(entry.recordId);
  }

  #entries(): Promise<Map<RecordId, ImageEntry>> {
    this.#index ??= this.#load();
    return this.#index;
  }

  async #load(): Promise<Map<RecordId, ImageEntry>> {
    if (this.#keep === "memory") return new Map();
    await dropOtherEpochs(this.#db, this.#key);
    const rows = await loadImageIndex(this.#db, this.#key);
    return new Map(
      rows.map((row) => [
        row.record_id as RecordId,
        {
          recordId: row.record_id as RecordId,
          modCsn: row.mod_csn as Csn,
          crc16: row.crc16,
          hash: row.hash,
          strongKey: row.strong_key,
        },
      ]),
    );
  }

  #row(entry: ImageEntry, content: Uint8Array): Parameters<typeof saveImageRows>[1][number] {
    return {
      card_uuid: this.#key.cardUuid,
      epoch: this.#key.epoch,
      database: this.#key.database,
      record_id: entry.recordId,
      mod_csn: entry.modCsn,
      crc16: entry.crc16,
      hash: entry.hash,
      strong_key: entry.strongKey,
      content: Buffer.from(this.#cipher.seal(content, this.#aad(entry.recordId))),
    };
  }

  #aad(recordId: number): string {
    return `image/${this.#key.cardUuid}/${this.#key.epoch}/${String(this.#key.database)}/${String(recordId)}`;
  }
}
