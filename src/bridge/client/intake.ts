import type { PimCard, RecordId } from "../../../card/index.ts";
import { toLuid, type Guid } from "../../../syncml/index.ts";
import { modifiedAtMs } from "../../pim/modified-at.ts";
import type { PreparedItem } from "../card-records.ts";
import { type ConflictPolicy, type ConflictWinner, resolveConflict } from "../conflict.ts";
import type { Intent } from "../intent.ts";
import { UnmatchedRecords } from "../slow-match.ts";
import { STATUS } from "../status-map.ts";
import { ClientCardWriter } from "./card-writer.ts";
import type { ClientContext } from "./context.ts";
import { decideDelete, decideReplace, type InHand, type NamedRecord } from "./item-rules.ts";
import { luidOf, type ReadOperation } from "./operation.ts";
import type { Recognition } from "./own-creations.ts";

type AddOperation = Extract<ReadOperation, { readonly type: "add" }>;

/** The policies as they were made for the server role: in this one the card is the client. */
const FROM_THE_CLIENT: Readonly<Record<ConflictPolicy, ConflictPolicy>> = {
  "server-wins": "client-wins",
  "client-wins": "server-wins",
  newest: "newest",
  duplicate: "duplicate",
};

const isRefresh = ({ syncType }: ClientContext): boolean => syncType === "refreshFromServer";

/** Works on the server's package 4. */
export class ClientIntake {
  readonly #context: ClientContext;
  readonly #writer: ClientCardWriter;
  /** Records that the server has not named; in a refresh of the card they are to go. */
  readonly unmatched: UnmatchedRecords;

  constructor(context: ClientContext) {
    this.#context = context;
    this.unmatched = new UnmatchedRecords(isRefresh(context) ? context.listed.values() : []);
    this.#writer = new ClientCardWriter(context);
  }

  /** @returns the write that this operation may lead to, or undefined where it surely leads to none */
  foresee(operation: ReadOperation): Omit<Intent, "seq" | "isDone"> | undefined {
    if (operation.type === "add") return this.#foreseeAdd(operation);
    const { recordId } = operation;
    if (recordId === undefined) return undefined;
    const luid = luidOf(recordId);
    const listed = this.#context.listed.get(recordId);
    const before = listed?.changedBy === "others" && listed.hash !== "" ? listed.hash : undefined;
    const about = { luid, recordId, ...(before === undefined ? {} : { beforeHash: before }) };
    if (operation.type === "delete") return { ...about, op: "delete" };
    const { hash, strongKey } = operation.prepared;
    return listed?.hash === hash ? undefined : { ...about, op: "update", hash, strongKey };
  }

  /** Decides and does. @returns the item's Status */
  async take(card: PimCard, operation: ReadOperation): Promise<number> {
    switch (operation.type) {
      case "add":
        return this.#takeAdd(card, operation);
      case "replace":
        if (operation.recordId === undefined) return STATUS.notFound;
        return this.#takeReplace(card, operation.recordId, operation.prepared);
      case "delete":
        if (operation.recordId === undefined) return STATUS.notDeleted;
        return this.#takeDelete(card, operation.recordId);
    }
  }

  #foreseeAdd({ guid, prepared }: AddOperation): ReturnType<ClientIntake["foresee"]> {
    const { hash, strongKey } = prepared;
    const found = this.#recognise(guid, prepared);
    const luid = toLuid(guid);
    if (found === undefined) return { luid, op: "create", hash, strongKey };
    if (found.type !== "newer") return undefined;
    return { luid, op: "update", hash, strongKey, recordId: found.recordId };
  }

  async #takeAdd(card: PimCard, { guid, prepared }: AddOperation): Promise<number> {
    const found = this.#recognise(guid, prepared);
    if (found === undefined) return this.#writer.create(card, guid, prepared);
    const { recordId, type } = found;
    const { creations, maps, touched } = this.#context;
    creations.take(recordId);
    this.unmatched.take(recordId);
    if (type === "newer") {
      const status = await this.#writer.write(card, recordId, prepared);
      if (status !== STATUS.ok) return status;
    }
    maps.add(guid, recordId);
    if (type === "edited") touched.add(recordId);
    else this.#writer.agree(recordId);
    return STATUS.added;
  }

  /** An item that the server has added before: it says so itself, under the same number, or its content does. */
  #recognise(
    guid: Guid,
    item: PreparedItem,
  ): { readonly recordId: RecordId; readonly type: Recognition["type"] } | undefined {
    const { creations, maps } = this.#context;
    const known = maps.find(guid);
    const byGuid = known === undefined ? undefined : this.#ofKnown(known.recordId, item);
    if (byGuid !== undefined) return byGuid;
    const found = creations.find(item);
    return found === undefined
      ? this.#equalInRefresh(item)
      : { recordId: found.creation.recordId, type: found.type };
  }

  /** A GUID may be used again: where neither content nor strong key are the record's, the item is another one. */
  #ofKnown(
    recordId: RecordId,
    item: PreparedItem,
  ): { readonly recordId: RecordId; readonly type: Recognition["type"] } | undefined {
    const creation = this.#context.creations.get(recordId);
    const isEdited = creation?.receivedHash === item.hash && creation.hash !== item.hash;
    if (isEdited) return { recordId, type: "edited" };
    const listed = this.#context.listed.get(recordId);
    if (listed?.hash === item.hash) return { recordId, type: "same" };
    const isSame = listed?.changedBy === "server" && listed.strongKey === item.strongKey;
    return isSame ? { recordId, type: "newer" } : undefined;
  }

  /** In a refresh of the card equal records keep their numbers. Each is found once. */
  #equalInRefresh({
    hash,
  }: PreparedItem): { readonly recordId: RecordId; readonly type: "same" } | undefined {
    if (!isRefresh(this.#context)) return undefined;
    const recordId = this.unmatched.findEqual(hash, undefined);
    return recordId === undefined ? undefined : { recordId, type: "same" };
  }

  async #takeReplace(card: PimCard, recordId: RecordId, prepared: PreparedItem): Promise<number> {
    const { creations, touched } = this.#context;
    creations.take(recordId);
    this.unmatched.take(recordId);
    const record = this.#named(recordId);
    const winner = await this.#winner(card, recordId, record, prepared);
    const action = decideReplace(record, prepared.hash, () => winner);
    if (action.type === "keep") {
      if (action.isTouched) touched.add(recordId);
      else this.#writer.agree(recordId);
      return action.status;
    }
    if (action.type !== "copy") return this.#writer.write(card, recordId, prepared);
    touched.add(recordId);
    return this.#writer.copy(card, prepared);
  }

  async #takeDelete(card: PimCard, recordId: RecordId): Promise<number> {
    this.#context.creations.take(recordId);
    const action = decideDelete(this.#named(recordId));
    if (action.type !== "keep") return this.#writer.delete(card, recordId);
    if (action.isTouched) this.#context.touched.add(recordId);
    else this.#writer.agree(recordId);
    return action.status;
  }

  #named(recordId: RecordId): NamedRecord {
    const { listed, told, intents } = this.#context;
    const record = listed.get(recordId);
    const inHand = intents
      .filter((intent) => intent.recordId === recordId)
      .map(({ hash, beforeHash }): InHand => ({
        ...(hash === undefined ? {} : { hash }),
        ...(beforeHash === undefined ? {} : { beforeHash }),
      }));
    if (record === undefined) return { state: "unlisted", isUntold: false, hash: "", inHand };
    return {
      state: record.kind === "deleted" ? "deleted" : "live",
      isUntold: record.changedBy === "others" && !told.has(recordId) && !isRefresh(this.#context),
      hash: record.hash,
      inHand,
    };
  }

  async #winner(
    card: PimCard,
    recordId: RecordId,
    { isUntold, state }: NamedRecord,
    prepared: PreparedItem,
  ): Promise<ConflictWinner> {
    const { policy, records } = this.#context;
    if (!isUntold || state !== "live" || policy !== "newest")
      return resolveConflict(FROM_THE_CLIENT[policy], {});
    const item = (await records.items(card, [recordId])).get(recordId);
    const cardMs = item === undefined ? undefined : modifiedAtMs(item);
    const peerMs = modifiedAtMs(prepared.item);
    return resolveConflict(policy, {
      ...(cardMs === undefined ? {} : { cardMs }),
      ...(peerMs === undefined ? {} : { peerMs }),
    });
  }
}
