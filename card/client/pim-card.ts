import { concatBytes, fromHex, readU32, u32 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import {
  DATA_OBJECT,
  decodeCounters,
  decodeFreeSpace,
  decodeIdentity,
} from "../commands/data-objects.ts";
import type { CardIdentity, Counters, FreeSpace } from "../commands/data-objects.ts";
import { decodeDatabases } from "../commands/databases.ts";
import type { Database } from "../commands/databases.ts";
import { toCsn } from "../commands/ids.ts";
import type { CardUuid, DatabaseId, PeerTag, RecordId, SyncObject } from "../commands/ids.ts";
import { MAX_SEGMENT_BYTES } from "../commands/limits.ts";
import type { ListedChange, ListedId } from "../commands/list-changes.ts";
import type { Peer } from "../commands/peer-list.ts";
import type { ReadRecord } from "../commands/record-stream.ts";
import { AID, decodeSelectInfo } from "../commands/select.ts";
import type { SelectInfo } from "../commands/select.ts";
import { decodeSyncStart } from "../commands/start-sync.ts";
import type { SyncStart } from "../commands/start-sync.ts";
import { ABORT_DROPS_PENDING, NOBODY_BIT, START_MAY_EVICT } from "../commands/table.ts";
import { CardError } from "../errors.ts";
import type { Transport } from "../transport/transport.ts";
import { Exchange, expectDecoded } from "./exchange.ts";
import { listAllChanges, listAllPeers } from "./list-pages.ts";
import type {
  CommitOutcome,
  CreateOutcome,
  DeleteOutcome,
  ListOutcome,
  TouchOutcome,
  UpdateOutcome,
  VerifyOutcome,
  WriteOptions,
} from "./outcomes.ts";
import { idsPerRead, ImageReader, readBatch } from "./read-pages.ts";
import { askTries, replaceSecret, verifyPin } from "./secret-calls.ts";
import { createRecord, sendRecord } from "./write-record.ts";

const MISMATCHES = [SW.conflict, SW.noOpenSync, SW.unknownReference, SW.full];

/**
 * A card with our applet. Calls may overlap: each waits until those before it have ended, so that no two of them
 * mix their pages. Contents are opaque bytes. What a card refuses without being asked about it is a CardError.
 */
export class PimCard {
  readonly info: SelectInfo;
  readonly #transport: Transport;
  readonly #exchange: Exchange;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(transport: Transport, exchange: Exchange, info: SelectInfo) {
    this.#transport = transport;
    this.#exchange = exchange;
    this.info = info;
  }

  /** Selects the applet, which ends whatever session there was. @throws CardError CARD_ABSENT for a card without it */
  static async open(transport: Transport, signal?: AbortSignal): Promise<PimCard> {
    const exchange = new Exchange(transport);
    const { sw, data } = await exchange.send("select", { data: AID }, signal);
    if (sw !== SW.ok) throw new CardError("CARD_ABSENT", "no applet of ours on this card", { sw });
    return new PimCard(transport, exchange, expectDecoded("select", decodeSelectInfo(data)));
  }

  verify(pin: string): Promise<VerifyOutcome> {
    return this.#alone(() => verifyPin(this.#exchange, pin));
  }

  /** @returns 0 where the PIN is blocked */
  pinTries(): Promise<number> {
    return this.#alone(() => askTries(this.#exchange, "pin"));
  }

  /** @returns 0 where the PUK is blocked */
  pukTries(): Promise<number> {
    return this.#alone(() => askTries(this.#exchange, "puk"));
  }

  /** `verified`: the new PIN holds and counts as verified. */
  changePin(proof: string, fresh: string): Promise<VerifyOutcome> {
    const secrets = { proof, fresh };
    return this.#alone(() => replaceSecret(this.#exchange, "changeReference", "pin", secrets));
  }

  /** The outcome is that of the PUK. The new PIN is to be verified afterwards. */
  unblockPin(proof: string, fresh: string): Promise<VerifyOutcome> {
    return this.#alone(() => replaceSecret(this.#exchange, "unblock", "pin", { proof, fresh }));
  }

  changePuk(proof: string, fresh: string): Promise<VerifyOutcome> {
    return this.#alone(() => replaceSecret(this.#exchange, "unblock", "puk", { proof, fresh }));
  }

  identity(): Promise<CardIdentity> {
    return this.#getData("identity", decodeIdentity);
  }

  freeSpace(): Promise<FreeSpace> {
    return this.#getData("free", decodeFreeSpace);
  }

  counters(): Promise<Counters> {
    return this.#getData("counters", decodeCounters);
  }

  databases(): Promise<readonly Database[]> {
    return this.#alone(async () => {
      const { data } = await this.#exchange.sendOk("listDatabases");
      return expectDecoded("listDatabases", decodeDatabases(data));
    });
  }

  /** Opens a sync of this pair and ends the one that was open on the database. Nothing is written. */
  startSync(
    db: DatabaseId,
    peerTag: PeerTag,
    options: { readonly mayEvict: boolean },
    signal?: AbortSignal,
  ): Promise<SyncStart> {
    const p2 = options.mayEvict ? START_MAY_EVICT : 0;
    const call = { p1: db, p2, data: fromHex(peerTag) };
    return this.#alone(async () => {
      const { data } = await this.#exchange.sendOk("startSync", call, [], signal);
      return expectDecoded("startSync", decodeSyncStart(data));
    });
  }

  /**
   * What differs from an object's state, with versions. `everything` also tells of deletions that are remembered,
   * and needs no open sync. To be finished before the first write of the sync.
   */
  listChanges(
    db: DatabaseId,
    base: SyncObject | "everything",
    signal?: AbortSignal,
  ): Promise<ListOutcome<ListedChange>> {
    return this.#alone(() => listAllChanges(this.#exchange, db, { base, mode: 1 }, signal));
  }

  /** As {@link listChanges}, with half the bytes. */
  async listIds(
    db: DatabaseId,
    base: SyncObject | "everything",
    signal?: AbortSignal,
  ): Promise<ListOutcome<ListedId>> {
    const outcome = await this.#alone(() =>
      listAllChanges(this.#exchange, db, { base, mode: 0 }, signal),
    );
    if (outcome.type !== "listed") return outcome;
    return { type: "listed", changes: outcome.changes.map(toListedId) };
  }

  /** @returns the records that live, in the order of `ids`; the others are left out */
  async read(
    db: DatabaseId,
    ids: readonly RecordId[],
    signal?: AbortSignal,
  ): Promise<readonly ReadRecord[]> {
    const records: ReadRecord[] = [];
    const atOnce = idsPerRead(this.info.maxCommand);
    for (let at = 0; at < ids.length; at += atOnce) {
      const batch = ids.slice(at, at + atOnce);
      records.push(...(await this.#alone(() => readBatch(this.#exchange, db, batch, signal))));
    }
    return records;
  }

  /** All records of a database, in the card's order. Other calls may come between two records. */
  async *readImage(db: DatabaseId, signal?: AbortSignal): AsyncGenerator<ReadRecord, void> {
    const image = new ImageReader(this.#exchange, db);
    while (!image.isAtEnd) yield* await this.#alone(() => image.step(signal));
  }

  create(
    db: DatabaseId,
    content: Uint8Array,
    options: { readonly asNobody?: boolean } = {},
  ): Promise<CreateOutcome> {
    const segmentBytes = this.#segmentBytes();
    const write = { ...options, db, id: 0, content, segmentBytes };
    return this.#alone(() => createRecord(this.#exchange, write));
  }

  update(
    db: DatabaseId,
    id: RecordId,
    content: Uint8Array,
    options: WriteOptions = {},
  ): Promise<UpdateOutcome> {
    const segmentBytes = this.#segmentBytes();
    const write = { ...options, db, id, content, segmentBytes };
    return this.#alone(() => sendRecord(this.#exchange, "update", write));
  }

  /** Gives a deleted record new content and life under its old id. */
  revive(
    db: DatabaseId,
    id: RecordId,
    content: Uint8Array,
    options: WriteOptions = {},
  ): Promise<UpdateOutcome> {
    const segmentBytes = this.#segmentBytes();
    const write = { ...options, db, id, content, segmentBytes };
    return this.#alone(() => sendRecord(this.#exchange, "revive", write));
  }

  delete(db: DatabaseId, id: RecordId, options: WriteOptions = {}): Promise<DeleteOutcome> {
    const data = concatBytes(u32(id), u32(options.ifCsn ?? 0));
    const call = { p1: db, p2: options.asNobody === true ? NOBODY_BIT : 0, data };
    return this.#alone(async () => {
      const { sw } = await this.#exchange.sendOk("delete", call, [SW.conflict, SW.noRecord]);
      if (sw === SW.ok) return { type: "deleted" };
      return { type: sw === SW.conflict ? "conflict" : "missing" };
    });
  }

  /** Makes every peer hear of the record, or of its deletion, again. */
  touch(db: DatabaseId, id: RecordId): Promise<TouchOutcome> {
    return this.#alone(async () => {
      const call = { p1: db, data: u32(id) };
      const { sw, data } = await this.#exchange.sendOk("touch", call, [SW.noRecord]);
      if (sw === SW.noRecord) return { type: "missing" };
      const csn = data.length === 4 ? readU32(data) : undefined;
      return { type: "touched", modCsn: toCsn(expectDecoded("touch", csn)) };
    });
  }

  /** Makes the proposed object durable as pending. @throws CardError CARD_FULL where there is no room for a new peer */
  prepareSync(db: DatabaseId, proposed: SyncObject): Promise<void> {
    return this.#alone(async () => {
      await this.#exchange.sendOk("prepareSync", { p1: db, data: fromHex(proposed) });
    });
  }

  /** Replaces the current object by the proposed or pending one, or (current) takes our own writes as known to the peer. */
  commitSync(db: DatabaseId, object: SyncObject): Promise<CommitOutcome> {
    return this.#alone(async () => {
      const call = { p1: db, data: fromHex(object) };
      const { sw } = await this.#exchange.sendOk("commitSync", call, MISMATCHES);
      return { type: sw === SW.ok ? "committed" : "mismatch" };
    });
  }

  /** Harmless where no sync is open; a pending object is dropped only within its peer's sync. */
  abortSync(db: DatabaseId, options: { readonly dropPending?: boolean } = {}): Promise<void> {
    const p2 = options.dropPending === true ? ABORT_DROPS_PENDING : 0;
    return this.#alone(async () => {
      await this.#exchange.sendOk("abortSync", { p1: db, p2 }, [SW.noOpenSync]);
    });
  }

  peers(): Promise<readonly Peer[]> {
    return this.#alone(() => listAllPeers(this.#exchange));
  }

  /** All peers of the database where none is named. @returns false where this one is unknown */
  forgetPeer(db: DatabaseId, peerTag?: PeerTag): Promise<boolean> {
    const call = { p1: db, data: fromHex(peerTag ?? "") };
    return this.#alone(async () => {
      const { sw } = await this.#exchange.sendOk("forgetPeer", call, [SW.unknownReference]);
      return sw === SW.ok;
    });
  }

  /** Erases everything but PIN and PUK; the card has another uuid and epoch then. @param uuid of this very card */
  wipe(uuid: CardUuid): Promise<void> {
    return this.#alone(async () => {
      await this.#exchange.sendOk("wipe", { data: fromHex(uuid) });
    });
  }

  /** @param label at most 31 bytes of UTF-8; "" takes it away */
  putLabel(db: DatabaseId, label: string): Promise<void> {
    return this.#alone(async () => {
      await this.#exchange.sendOk("putLabel", { p1: db, data: new TextEncoder().encode(label) });
    });
  }

  /** Closes the transport too, after the calls before it. */
  close(): Promise<void> {
    return this.#alone(() => this.#transport.close());
  }

  /** A short command holds 255 bytes, whatever the card says that it takes. */
  #segmentBytes(): number {
    return Math.min(this.info.maxCommand, MAX_SEGMENT_BYTES);
  }

  #getData<Decoded>(
    object: keyof typeof DATA_OBJECT,
    decode: (data: Uint8Array) => Decoded | undefined,
  ): Promise<Decoded> {
    return this.#alone(async () => {
      const { data } = await this.#exchange.sendOk("getData", { p2: DATA_OBJECT[object] });
      return expectDecoded("getData", decode(data));
    });
  }

  /** One call at a time; one that fails does not hold the next one up. */
  #alone<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const toListedId = ({ id, kind, ...flags }: ListedChange): ListedId => ({
  id,
  kind,
  isOwnUncommitted: flags.isOwnUncommitted,
  isOwnCreationUncommitted: flags.isOwnCreationUncommitted,
});
