import type { Kysely } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import type { PimItem } from "../pim/item.ts";
import { title } from "../pim/title.ts";
import type { Cipher } from "../store/cipher.ts";
import { saveItems, type NumberedEvent } from "../store/history-item-store.ts";
import type { Tables } from "../store/schema.ts";
import {
  doneWithReceived,
  doneWithSent,
  type CardWrite,
  type ItemDone,
  type ItemEvent,
} from "./item-event.ts";

/** What the peer asked for, and the Status that it got. */
export interface ReceivedItem {
  readonly asked: "add" | "replace" | "delete";
  readonly status: number;
  readonly luid: Luid;
  readonly item?: PimItem;
  /** The sync matches by content. */
  readonly comparesAll: boolean;
}

/** What happened to each item of one sync. Beyond a bound items are only counted. */
export class ItemLog {
  readonly #cipher: Cipher;
  readonly #keep: "disk" | "memory";
  readonly #unsaved = new Set<NumberedEvent>();
  /** What left for the peer, with what is known of it. */
  readonly #sent = new Map<RecordId, NumberedEvent>();
  #lastWrite: CardWrite | undefined;
  #nextSeq = 1;
  #leftOut = 0;

  /** @param keep `memory`: titles are contents, too, and not written */
  constructor(cipher: Cipher, keep: "disk" | "memory") {
    this.#cipher = cipher;
    this.#keep = keep;
  }

  get isEmpty(): boolean {
    return this.#nextSeq === 1;
  }

  get hasNews(): boolean {
    return this.#unsaved.size > 0;
  }

  /** The card was written to because of the item that is told of next. */
  wrote(write: CardWrite): void {
    this.#lastWrite = write;
  }

  /** An item of the peer has got its Status. */
  received({ asked, status, luid, item, comparesAll }: ReceivedItem): void {
    const write = this.#takeWrite();
    const isPut = asked === "delete" ? "delete" : "put";
    this.#tell({
      side: "peer",
      asked,
      done: doneWithReceived(isPut, status, write, comparesAll),
      status,
      luid,
      ...(write === undefined ? {} : { recordId: write.recordId }),
      ...this.#titled(item),
    });
  }

  /** A record that the peer does not have was deleted by a refresh from it. */
  removed(recordId: RecordId): void {
    this.#takeWrite();
    this.#tell({ side: "peer", asked: "refresh", done: "deleted", recordId });
  }

  /** A change of ours leaves for the peer. */
  left(recordId: RecordId, asked: "add" | "replace" | "delete", item: PimItem | undefined): void {
    const event = this.#tell({
      side: "card",
      asked,
      done: "sent",
      recordId,
      ...this.#titled(item),
    });
    if (event !== undefined) this.#sent.set(recordId, event);
  }

  acknowledged(recordId: RecordId, status: number): void {
    const event = this.#sent.get(recordId);
    if (event === undefined || event.asked === "refresh" || event.asked === "undo") return;
    this.#change(recordId, { ...event, done: doneWithSent(event.asked, status), status });
  }

  /** The peer has said under which number it keeps a record; in a later sync than the Add's, that is an event of its own. */
  mapped(recordId: RecordId, luid: Luid): void {
    const event = this.#sent.get(recordId);
    if (event !== undefined) this.#change(recordId, { ...event, done: "mapped", luid });
    else this.#tell({ side: "peer", asked: "add", done: "mapped", luid, recordId });
  }

  /** An undo has done something with a record, or left it. */
  undone(recordId: RecordId, done: ItemDone, item: PimItem | undefined): void {
    this.#takeWrite();
    this.#tell({ side: "owner", asked: "undo", done, recordId, ...this.#titled(item) });
  }

  /** Writes what is new. */
  async flush(trx: Kysely<Tables>, historyId: number): Promise<void> {
    await saveItems(trx, this.#cipher, historyId, [...this.#unsaved]);
    this.#unsaved.clear();
    if (this.#leftOut === 0) return;
    await trx
      .updateTable("journals")
      .set({ items_left_out: this.#leftOut })
      .where("history_id", "=", historyId)
      .execute();
  }

  #tell(event: ItemEvent): NumberedEvent | undefined {
    if (this.#nextSeq > LIMITS.historyItemsPerSync) {
      this.#leftOut += 1;
      return undefined;
    }
    const numbered = { ...event, seq: this.#nextSeq++ };
    this.#unsaved.add(numbered);
    return numbered;
  }

  #change(recordId: RecordId, event: NumberedEvent): void {
    const old = this.#sent.get(recordId);
    if (old !== undefined) this.#unsaved.delete(old);
    this.#sent.set(recordId, event);
    this.#unsaved.add(event);
  }

  #takeWrite(): CardWrite | undefined {
    const write = this.#lastWrite;
    this.#lastWrite = undefined;
    return write;
  }

  #titled(item: PimItem | undefined): { readonly title?: string } {
    if (item === undefined || this.#keep === "memory") return {};
    return { title: title(item).slice(0, LIMITS.historyTitleLength) };
  }
}
