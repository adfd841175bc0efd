import type { Kysely, Selectable } from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import type { ItemEvent } from "../bridge/item-event.ts";
import type { Cipher } from "./cipher.ts";
import type { HistoryItemRow } from "./journal-tables.ts";
import type { Tables } from "./schema.ts";

const BATCH = 500;

/** An event under its number within the sync. */
export interface NumberedEvent extends ItemEvent {
  readonly seq: number;
}

/** Writes events, or their later state. Titles are sealed. */
export async function saveItems(
  trx: Kysely<Tables>,
  cipher: Cipher,
  historyId: number,
  events: readonly NumberedEvent[],
): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH)
    await trx
      .replaceInto("history_items")
      .values(events.slice(at, at + BATCH).map((event) => fromEvent(cipher, historyId, event)))
      .execute();
}

/** @returns in the order in which the items were named; titles only where asked for, "" where none was kept */
export async function loadItems(
  db: Kysely<Tables>,
  cipher: Cipher,
  historyId: number,
  withTitles: boolean,
): Promise<readonly NumberedEvent[]> {
  const rows = await db
    .selectFrom("history_items")
    .selectAll()
    .where("history_id", "=", historyId)
    .orderBy("seq")
    .execute();
  return rows.map((row) => toEvent(row, withTitles ? titleOf(row, cipher) : undefined));
}

function titleOf(row: Selectable<HistoryItemRow>, cipher: Cipher): string {
  if (row.title === null) return "";
  return Buffer.from(cipher.open(row.title, placeOf(row.history_id, row.seq))).toString("utf8");
}

function fromEvent(cipher: Cipher, historyId: number, event: NumberedEvent): HistoryItemRow {
  const { title } = event;
  const sealed = (text: string): Buffer =>
    Buffer.from(cipher.seal(Buffer.from(text, "utf8"), placeOf(historyId, event.seq)));
  return {
    history_id: historyId,
    seq: event.seq,
    side: event.side,
    asked: event.asked,
    done: event.done,
    status: event.status ?? null,
    luid: event.luid ?? null,
    record_id: event.recordId ?? null,
    title: title === undefined ? null : sealed(title),
  };
}

function toEvent(row: Selectable<HistoryItemRow>, title: string | undefined): NumberedEvent {
  return {
    seq: row.seq,
    side: row.side as ItemEvent["side"],
    asked: row.asked as ItemEvent["asked"],
    done: row.done as ItemEvent["done"],
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.luid === null ? {} : { luid: row.luid as Luid }),
    ...(row.record_id === null ? {} : { recordId: row.record_id as RecordId }),
    ...(title === undefined ? {} : { title }),
  };
}

const placeOf = (historyId: number, seq: number): string =>
  `history_items.title/${String(historyId)}/${String(seq)}`;
