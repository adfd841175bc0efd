import type { PimCard, RecordId } from "../../../card/index.ts";
import { toLuid, type Luid, type ServerOperation } from "../../../syncml/index.ts";
import { readItem } from "../../pim/read-item.ts";
import { prepareItem } from "../card-records.ts";
import type { Intent } from "../intent.ts";
import { MassDeletionGuard } from "../mass-deletion.ts";
import type { Preparation } from "../preparation.ts";
import { STATUS } from "../status-map.ts";
import { comparesAll } from "../sync-context.ts";
import type { ForeseenWrite } from "../sync-journal.ts";
import type { CountedOp } from "../sync-report.ts";
import type { ClientContext } from "./context.ts";
import { ClientIntake } from "./intake.ts";
import { needsConsent } from "./needs-consent.ts";
import { luidOf, type ReadOperation, recordOfLuid } from "./operation.ts";
import { SyncStopped } from "./sync-stopped.ts";

const COUNTED: Record<ServerOperation["type"], CountedOp> = {
  add: "added",
  replace: "changed",
  delete: "deleted",
};

/** The Status of one operation, and our name of what was added. */
export interface ItemResult {
  readonly status: number;
  readonly luid?: Luid;
}

type Foreseen = Omit<Intent, "seq" | "isDone">;

/** Takes the server's operations in: guards, intents, writes, history. */
export class Incoming {
  readonly #context: ClientContext;
  readonly #preparation: Preparation;
  readonly #backups: MassDeletionGuard;
  readonly #intake: ClientIntake;
  readonly #deleted = new Set<RecordId>();
  #itemsAtStart: number | undefined;

  constructor(context: ClientContext, preparation: Preparation) {
    this.#context = context;
    this.#preparation = preparation;
    this.#backups = new MassDeletionGuard(context);
    this.#intake = new ClientIntake(context);
  }

  /** @throws SyncStopped before anything is written, where too much would be deleted without consent */
  async take(
    card: PimCard,
    operations: readonly ServerOperation[],
  ): Promise<readonly ItemResult[]> {
    const read = operations.map((operation) => this.#read(operation));
    const intents = read.flatMap((operation) =>
      typeof operation === "number" ? [] : (this.#intake.foresee(operation) ?? []),
    );
    await this.#guard(card, intents);
    if (intents.length > 0)
      await this.#preparation.announce(card, intents, intents.flatMap(writesOf));
    const results: ItemResult[] = [];
    for (const [at, operation] of read.entries()) {
      const status =
        typeof operation === "number" ? operation : await this.#intake.take(card, operation);
      results.push({ status, ...this.#tell(operations[at], operation, status) });
    }
    return results;
  }

  /** The server's package is complete. In a refresh of the card what it did not send goes now. */
  async end(card: PimCard): Promise<void> {
    const gone = this.#intake.unmatched.ids();
    if (gone.length === 0) return;
    const intents = gone.map((recordId): Foreseen => ({
      luid: luidOf(recordId),
      op: "delete",
      recordId,
    }));
    await this.#guard(card, intents);
    await this.#preparation.announce(card, intents, intents.flatMap(writesOf));
    for (const recordId of gone) await this.#remove(card, recordId);
  }

  async #remove(card: PimCard, recordId: RecordId): Promise<void> {
    const { database, journal, listed, records, report } = this.#context;
    const answer = await card.delete(database, recordId, {});
    if (answer.type !== "deleted") return;
    journal.wrote({ type: "delete", recordId });
    journal.items.removed(recordId);
    report.countReceived("deleted", STATUS.ok);
    listed.delete(recordId);
    await records.deleted(recordId);
  }

  async #guard(card: PimCard, intents: readonly Foreseen[]): Promise<void> {
    const gone = intents.flatMap(({ op, recordId }) =>
      op === "delete" && recordId !== undefined ? [recordId] : [],
    );
    if (gone.length === 0) return;
    for (const recordId of gone) this.#deleted.add(recordId);
    await this.#askConsent(card);
    await this.#backups.isReady(card, gone, () => false);
  }

  async #askConsent(card: PimCard): Promise<void> {
    if (this.#context.consent.mayDeleteMany || this.#deleted.size < 2) return;
    const deletions = this.#deleted.size;
    this.#itemsAtStart ??= await liveItems(card, this.#context);
    if (needsConsent({ deletions, items: this.#itemsAtStart }))
      throw new SyncStopped(
        `the server deletes ${String(deletions)} of the card's ${String(this.#itemsAtStart)} items`,
      );
  }

  #read(operation: ServerOperation): ReadOperation | number {
    if (operation.type === "delete")
      return { type: "delete", recordId: recordOfLuid(operation.luid) };
    const read = readItem(this.#context.kind, operation.mediaType, operation.content);
    if (read.type === "unsupported") return STATUS.unsupportedType;
    if (read.type === "malformed") return STATUS.badRequest;
    const prepared = prepareItem(read.item);
    return operation.type === "add"
      ? { type: "add", guid: operation.guid, prepared }
      : { type: "replace", recordId: recordOfLuid(operation.luid), prepared };
  }

  #tell(
    asked: ServerOperation | undefined,
    read: ReadOperation | number,
    status: number,
  ): { readonly luid?: Luid } {
    if (asked === undefined) return {};
    const { report, journal, maps, syncType } = this.#context;
    report.countReceived(COUNTED[asked.type], status);
    const isRead = typeof read === "object" && read.type !== "delete";
    journal.items.received({
      asked: asked.type,
      luid: asked.type === "add" ? toLuid(asked.guid) : asked.luid,
      status,
      comparesAll: comparesAll(syncType),
      ...(isRead ? { item: read.prepared.item } : {}),
    });
    const known = asked.type === "add" ? maps.find(asked.guid) : undefined;
    return known === undefined ? {} : { luid: luidOf(known.recordId) };
  }
}

/** @returns how many items the card's database has now */
export async function liveItems(
  card: PimCard,
  { database }: Pick<ClientContext, "database">,
): Promise<number> {
  return (await card.databases()).find(({ id }) => id === database)?.live ?? 0;
}

/** Beside an update the copy that a conflict makes. */
function writesOf({ op, recordId, hash }: Foreseen): readonly ForeseenWrite[] {
  if (op === "delete") return recordId === undefined ? [] : [{ recordId, after: undefined }];
  return [{ after: hash }, ...(recordId === undefined ? [] : [{ recordId, after: hash }])];
}
