import type { PimCard, RecordId } from "../../card/index.ts";
import type { Acknowledgement, Guid, OutgoingChange } from "../../syncml/index.ts";
import { fingerprint } from "../pim/fingerprint.ts";
import type { PimItem } from "../pim/item.ts";
import type { PeerProfile } from "../pim/merge/peer-profile.ts";
import { projectItem } from "../pim/merge/merge-item.ts";
import { writeItem } from "../pim/write-item.ts";
import { contentTraitsOf } from "./content-traits-of.ts";
import { guidOf } from "./guid.ts";
import {
  afterAcknowledged,
  afterSent,
  afterUnmapped,
  type ExchangedContent,
  type MapRow,
  type SentOp,
} from "./map-row.ts";
import { maxGuidSizeOf, profileFor } from "./peer-datastore.ts";
import type { PlannedChange } from "./outgoing-plan.ts";
import { nextGeneration, type SyncContext } from "./sync-context.ts";
import type { CountedOp } from "./sync-report.ts";

/** Records whose contents are fetched at a time. */
const BATCH = 50;

const COUNTED: Record<SentOp, CountedOp> = { add: "added", replace: "changed", delete: "deleted" };

/** The changes for the peer: sent in order, remembered until their Status comes. */
export class OutgoingQueue {
  readonly #context: SyncContext;
  readonly #mediaType: string;
  readonly #profile: PeerProfile | undefined;
  readonly #waiting: PlannedChange[];
  readonly #sent: PlannedChange[] = [];
  #at = 0;

  constructor(context: SyncContext, mediaType: string, planned: readonly PlannedChange[]) {
    this.#context = context;
    this.#mediaType = mediaType;
    this.#profile = profileFor(context, mediaType);
    this.#waiting = [...planned];
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Of what has left. */
  get recordIds(): readonly RecordId[] {
    return this.#sent.map(({ recordId }) => recordId);
  }

  get isDone(): boolean {
    return this.#at >= this.#waiting.length;
  }

  /** @returns the next changes, about `maxBytes` of contents and at least one; empty where none is left */
  async next(
    card: PimCard,
    maxBytes: number,
    isLate: () => boolean,
  ): Promise<readonly OutgoingChange[]> {
    const changes: OutgoingChange[] = [];
    let bytes = 0;
    while (!this.isDone && (changes.length === 0 || (bytes < maxBytes && !isLate()))) {
      const batch = this.#waiting.slice(this.#at, this.#at + BATCH);
      const ids = batch.flatMap((planned) => (planned.op === "delete" ? [] : [planned.recordId]));
      const items = await this.#context.records.items(card, ids);
      for (const planned of batch) {
        if (changes.length > 0 && bytes >= maxBytes) break;
        this.#at += 1;
        const change = this.#leave(planned, items.get(planned.recordId));
        if (change === undefined) continue;
        changes.push(change);
        bytes += change.type === "delete" ? 0 : change.content.length;
      }
    }
    return changes;
  }

  acknowledge({ ref, status }: Acknowledgement): void {
    const planned = this.#sent[ref];
    if (planned === undefined) return;
    this.#context.report.countSent(COUNTED[planned.op], status);
    this.#context.journal.items.acknowledged(planned.recordId, status);
    const row = this.#context.map.ofRecord(planned.recordId);
    if (row !== undefined)
      this.#context.map.set(afterStatus(row, status, nextGeneration(this.#context)));
  }

  /** The row that says so is set here and is durable before the change leaves. */
  #leave(planned: PlannedChange, item: PimItem | undefined): OutgoingChange | undefined {
    const { map } = this.#context;
    const old = map.ofRecord(planned.recordId);
    const ref = this.#sent.length;
    if (planned.op === "delete") {
      if (old?.luid === undefined) return undefined;
      map.set(afterSent(old, "delete", undefined));
      this.#context.journal.items.left(planned.recordId, planned.op, undefined);
      this.#sent.push(planned);
      return { type: "delete", ref, luid: old.luid };
    }
    if (item === undefined) {
      this.#context.report.sent.failed += 1;
      return undefined;
    }
    this.#sent.push(planned);
    this.#context.journal.items.left(planned.recordId, planned.op, item);
    const row = this.#rowToSend(planned, old);
    map.set(afterSent(row, planned.op, this.#asKept(item)));
    const body = { ref, mediaType: this.#mediaType, content: this.#write(item) };
    return planned.op === "replace" && row.luid !== undefined
      ? { type: "replace", luid: row.luid, ...body }
      : { type: "add", guid: this.#guidOf(planned.recordId), ...body };
  }

  #asKept(item: PimItem): ExchangedContent {
    const hash = fingerprint(item);
    const as = this.#profile === undefined ? hash : fingerprint(projectItem(item, this.#profile));
    return as === hash ? { hash } : { hash, as };
  }

  #write(item: PimItem): Uint8Array {
    return writeItem(item, this.#mediaType, contentTraitsOf(this.#context.request));
  }

  #guidOf(recordId: RecordId): Guid {
    return guidOf(recordId, maxGuidSizeOf(this.#context.request));
  }

  /** An Add starts the row anew: whatever number the peer had for the record is gone. */
  #rowToSend({ op, recordId }: PlannedChange, old: MapRow | undefined): MapRow {
    if (op === "replace" && old !== undefined) return old;
    return { recordId, sentState: "idle", createdGen: nextGeneration(this.#context) };
  }
}

/** What a Status says about an item. 418 and 419 on an Add: the peer has it, and its Map comes. */
function afterStatus(row: MapRow, status: number, generation: number): MapRow {
  if (status >= 200 && status < 300) return afterAcknowledged(row, generation);
  const isGone = status === 404 || status === 410;
  if (row.sentOp === "delete" && isGone) return afterAcknowledged(row, generation);
  if (row.sentOp === "replace" && isGone) return afterUnmapped(row);
  if (status === 418 || status === 419) return afterAcknowledged(row, generation);
  return { ...row, sentState: "failed" };
}
