import {
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  sql,
  type SqlBool,
} from "kysely";
import type { RecordId } from "../../card/index.ts";
import type { Luid } from "../../syncml/index.ts";
import type { MapRow, SentOp, SentState } from "../bridge/map-row.ts";
import type { MapTableRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

/** Rows named in one statement; well under SQLite's limit of bound variables. */
const BATCH = 500;

/** Which rows of a link's map are wanted. */
export type RowSelection =
  | { readonly type: "all" }
  | { readonly type: "luids"; readonly luids: readonly Luid[] }
  | { readonly type: "records"; readonly ids: readonly RecordId[] }
  /** Sent and unanswered, refused, or an Add whose Map is awaited. */
  | { readonly type: "unfinished" };

export async function loadRows(
  db: Kysely<Tables>,
  linkId: number,
  selection: RowSelection,
): Promise<readonly MapRow[]> {
  const rows: MapRow[] = [];
  for (const condition of conditions(selection)) {
    const found = await db
      .selectFrom("map_rows")
      .selectAll()
      .where("link_id", "=", linkId)
      .where(condition)
      .execute();
    rows.push(...found.map(toRow));
  }
  return rows;
}

type Condition = (e: ExpressionBuilder<Tables, "map_rows">) => Expression<SqlBool>;

function conditions(selection: RowSelection): readonly Condition[] {
  switch (selection.type) {
    case "all":
      return [(e) => e.and([])];
    case "luids":
      return batches(selection.luids).map((batch) => (e) => e.and([e("luid", "in", batch)]));
    case "records":
      return batches(selection.ids).map((batch) => (e) => e.and([e("record_id", "in", batch)]));
    case "unfinished":
      // Literals, so that SQLite sees that its partial index fits.
      return [
        () => sql<boolean>`sent_state <> 'idle'`,
        () => sql<boolean>`luid is null and sent_state = 'idle' and deleted_gen is null`,
      ];
  }
}

/** Writes `rows` over what is there and drops the rows of `removed`. */
export async function saveRows(
  db: Kysely<Tables>,
  linkId: number,
  rows: readonly MapRow[],
  removed: readonly RecordId[],
): Promise<void> {
  for (const batch of batches(removed))
    await db
      .deleteFrom("map_rows")
      .where("link_id", "=", linkId)
      .where("record_id", "in", batch)
      .execute();
  for (const batch of batches(rows))
    await db
      .replaceInto("map_rows")
      .values(batch.map((row) => fromRow(linkId, row)))
      .execute();
}

/** Drops the rows of items that both sides deleted in a generation older than `generation`. */
export async function purgeDeletedRows(
  db: Kysely<Tables>,
  linkId: number,
  generation: number,
): Promise<void> {
  await db
    .deleteFrom("map_rows")
    .where("link_id", "=", linkId)
    .where("deleted_gen", "<", generation)
    .execute();
}

function batches<T>(values: readonly T[]): readonly (readonly T[])[] {
  const result: T[][] = [];
  for (let at = 0; at < values.length; at += BATCH) result.push(values.slice(at, at + BATCH));
  return result;
}

function fromRow(linkId: number, row: MapRow): MapTableRow {
  return {
    link_id: linkId,
    record_id: row.recordId,
    luid: row.luid ?? null,
    received_hash: row.receivedHash ?? null,
    sent_hash: row.sentHash ?? null,
    received_as: row.receivedAs ?? null,
    sent_as: row.sentAs ?? null,
    sent_op: row.sentOp ?? null,
    sent_state: row.sentState,
    created_gen: row.createdGen,
    deleted_gen: row.deletedGen ?? null,
  };
}

function toRow(row: Selectable<MapTableRow>): MapRow {
  return {
    recordId: row.record_id as RecordId,
    ...(row.luid === null ? {} : { luid: row.luid as Luid }),
    ...(row.received_hash === null ? {} : { receivedHash: row.received_hash }),
    ...(row.sent_hash === null ? {} : { sentHash: row.sent_hash }),
    ...(row.received_as === null ? {} : { receivedAs: row.received_as }),
    ...(row.sent_as === null ? {} : { sentAs: row.sent_as }),
    ...(row.sent_op === null ? {} : { sentOp: row.sent_op as SentOp }),
    sentState: row.sent_state as SentState,
    createdGen: row.created_gen,
    ...(row.deleted_gen === null ? {} : { deletedGen: row.deleted_gen }),
  };
}
