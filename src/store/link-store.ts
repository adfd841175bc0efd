import type { Kysely, Selectable } from "kysely";
import type { SyncObject } from "../../card/index.ts";
import type { Base, Generation, Link, Pending, PendingPhase } from "../bridge/link.ts";
import type { LinkRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

/** The two sides that a link joins. */
export interface LinkSides {
  readonly cardUuid: string;
  readonly database: number;
  readonly user: string;
  readonly device: string;
  readonly peerUri: string;
}

/** @returns the link of these sides, made (with no generation) where there is none */
export async function findOrMakeLink(db: Kysely<Tables>, sides: LinkSides): Promise<Link> {
  const columns = {
    card_uuid: sides.cardUuid,
    database: sides.database,
    user: sides.user,
    device: sides.device,
    peer_uri: sides.peerUri,
  };
  const query = db
    .selectFrom("links")
    .selectAll()
    .where((e) => e.and(columns));
  const found = await query.executeTakeFirst();
  if (found !== undefined) return toLink(found);
  // Only now: an insert that gives way still writes the sequence of ids, and waits for the disk.
  await db
    .insertInto("links")
    .values({ ...columns, generation: 0 })
    .onConflict((c) => c.doNothing())
    .execute();
  return toLink(await query.executeTakeFirstOrThrow());
}

/** Writes everything of a link but its sides. */
export async function saveLink(db: Kysely<Tables>, link: Link): Promise<void> {
  const { current, previous, pending } = link;
  await db
    .updateTable("links")
    .set({
      generation: link.generation,
      ...columnsOf("current", current),
      ...columnsOf("previous", previous),
      ...columnsOf("pending", pending),
      pending_phase: pending?.phase ?? null,
      pending_base: pending?.base ?? null,
      needs_slow: link.needsSlow ?? null,
      last_sync_ms: link.lastSyncMs ?? null,
    })
    .where("id", "=", link.id)
    .execute();
}

type Prefix = "current" | "previous" | "pending";

const columnsOf = <P extends Prefix>(
  prefix: P,
  generation: Generation | undefined,
): Record<`${P}_object` | `${P}_anchor`, string | null> =>
  ({
    [`${prefix}_object`]: generation?.object ?? null,
    [`${prefix}_anchor`]: generation?.peerAnchor ?? null,
  }) as Record<`${P}_object` | `${P}_anchor`, string | null>;

/** @returns all links with the number of items that each peer holds, youngest sync first */
export async function listLinks(
  db: Kysely<Tables>,
): Promise<readonly { readonly link: Link; readonly items: number }[]> {
  const rows = await db
    .selectFrom("links")
    .selectAll()
    .select((e) =>
      e
        .selectFrom("map_rows")
        .select(e.fn.countAll<number>().as("n"))
        .whereRef("map_rows.link_id", "=", "links.id")
        .where("deleted_gen", "is", null)
        .as("items"),
    )
    .orderBy("last_sync_ms", "desc")
    .execute();
  return rows.map((row) => ({ link: toLink(row), items: row.items ?? 0 }));
}

function toLink(row: Selectable<LinkRow>): Link {
  const current = toGeneration(row.current_object, row.current_anchor);
  const previous = toGeneration(row.previous_object, row.previous_anchor);
  const pending = toPending(row);
  return {
    id: row.id,
    cardUuid: row.card_uuid,
    database: row.database,
    user: row.user,
    device: row.device,
    peerUri: row.peer_uri,
    generation: row.generation,
    ...(current === undefined ? {} : { current }),
    ...(previous === undefined ? {} : { previous }),
    ...(pending === undefined ? {} : { pending }),
    ...(row.needs_slow === null ? {} : { needsSlow: row.needs_slow }),
    ...(row.last_sync_ms === null ? {} : { lastSyncMs: row.last_sync_ms }),
  };
}

function toGeneration(object: string | null, anchor: string | null): Generation | undefined {
  if (object === null || anchor === null) return undefined;
  return { object: object as SyncObject, peerAnchor: anchor };
}

function toPending(row: Selectable<LinkRow>): Pending | undefined {
  const generation = toGeneration(row.pending_object, row.pending_anchor);
  if (generation === undefined || row.pending_phase === null || row.pending_base === null)
    return undefined;
  return {
    ...generation,
    phase: row.pending_phase as PendingPhase,
    base: row.pending_base as Base,
  };
}
