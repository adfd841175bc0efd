import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Cipher } from "./cipher.ts";
import type { KeptContentRow } from "./journal-tables.ts";
import type { Tables } from "./schema.ts";

/** `before`: what a record held before a sync first wrote to it; `backup`: all of the database at the sync's start. */
export type KeptPurpose = "before" | "backup";

export interface KeptContent {
  readonly recordId: RecordId;
  /** Fingerprint of the content. */
  readonly hash: string;
  readonly content: Uint8Array;
}

const BATCH = 200;

/**
 * Former contents of records, for undo. Sealed on disk; or in memory alone, where that is chosen for the image too:
 * then they are gone with the process.
 */
export class KeptContents {
  readonly keep: "disk" | "memory";
  readonly #cipher: Cipher;
  readonly #inMemory = new Map<string, Map<RecordId, KeptContent>>();

  constructor(cipher: Cipher, keep: "disk" | "memory") {
    this.#cipher = cipher;
    this.keep = keep;
  }

  /** The first content kept of a record stays. Part of the transaction that makes the sync's intents durable. */
  async put(
    trx: Kysely<Tables>,
    historyId: number,
    purpose: KeptPurpose,
    contents: readonly KeptContent[],
  ): Promise<void> {
    if (this.keep === "memory") {
      const kept = this.#memoryOf(historyId, purpose);
      for (const each of contents) if (!kept.has(each.recordId)) kept.set(each.recordId, each);
      return;
    }
    for (let at = 0; at < contents.length; at += BATCH)
      await trx
        .insertInto("kept_contents")
        .values(contents.slice(at, at + BATCH).map((each) => this.#seal(historyId, purpose, each)))
        .onConflict((oc) => oc.doNothing())
        .execute();
  }

  /** @returns the hashes of what is kept; empty where nothing is, or not any more */
  async hashes(
    db: Kysely<Tables>,
    historyId: number,
    purpose: KeptPurpose,
  ): Promise<ReadonlyMap<RecordId, string>> {
    if (this.keep === "memory") {
      const kept = this.#memoryOf(historyId, purpose).values();
      return new Map([...kept].map(({ recordId, hash }) => [recordId, hash]));
    }
    const rows = await db
      .selectFrom("kept_contents")
      .select(["record_id", "hash"])
      .where("history_id", "=", historyId)
      .where("purpose", "=", purpose)
      .execute();
    return new Map(rows.map((row) => [row.record_id as RecordId, row.hash]));
  }

  /** @returns those of `ids` that are kept */
  async contents(
    db: Kysely<Tables>,
    historyId: number,
    purpose: KeptPurpose,
    ids: readonly RecordId[],
  ): Promise<ReadonlyMap<RecordId, Uint8Array>> {
    const found = new Map<RecordId, Uint8Array>();
    const inMemory = this.#memoryOf(historyId, purpose);
    for (const id of ids) {
      const kept = inMemory.get(id);
      if (kept !== undefined) found.set(id, kept.content);
    }
    for (let at = 0; this.keep === "disk" && at < ids.length; at += BATCH) {
      const rows = await db
        .selectFrom("kept_contents")
        .select(["record_id", "content"])
        .where("history_id", "=", historyId)
        .where("purpose", "=", purpose)
        .where("record_id", "in", ids.slice(at, at + BATCH))
        .execute();
      for (const row of rows) {
        const place = placeOf(historyId, purpose, row.record_id);
        found.set(row.record_id as RecordId, this.#cipher.open(row.content, place));
      }
    }
    return found;
  }

  /** Drops what is held in memory; rows on disk are the store's to drop. */
  forget(historyId: number, purpose: KeptPurpose): void {
    this.#inMemory.delete(`${String(historyId)}/${purpose}`);
  }

  #memoryOf(historyId: number, purpose: KeptPurpose): Map<RecordId, KeptContent> {
    const name = `${String(historyId)}/${purpose}`;
    const kept = this.#inMemory.get(name) ?? new Map<RecordId, KeptContent>();
    if (this.keep === "memory") this.#inMemory.set(name, kept);
    return kept;
  }

  #seal(historyId: number, purpose: KeptPurpose, each: KeptContent): KeptContentRow {
    const { recordId, hash, content } = each;
    const place = placeOf(historyId, purpose, recordId);
    return {
      history_id: historyId,
      purpose,
      record_id: recordId,
      hash,
      content: Buffer.from(this.#cipher.seal(content, place)),
    };
  }
}

const placeOf = (historyId: number, purpose: KeptPurpose, recordId: number): string =>
  `kept_contents/${String(historyId)}/${purpose}/${String(recordId)}`;
