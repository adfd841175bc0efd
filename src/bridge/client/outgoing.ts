import type { PimCard, RecordId } from "../../../card/index.ts";
import type { Acknowledgement, LocalChange } from "../../../syncml/index.ts";
import { writeItem } from "../../pim/write-item.ts";
import type { PlannedChange } from "../outgoing-plan.ts";
import type { SentOp } from "../map-row.ts";
import type { CountedOp } from "../sync-report.ts";
import type { PimItem } from "../../pim/item.ts";
import type { ClientContext } from "./context.ts";
import { luidOf } from "./operation.ts";

/** Records whose contents are fetched at a time. */
const BATCH = 50;

const COUNTED: Record<SentOp, CountedOp> = { add: "added", replace: "changed", delete: "deleted" };

/** The changes for the server: sent in order, remembered until their Status comes. */
export class ClientOutgoing {
  readonly #context: ClientContext;
  readonly #mediaType: string;
  readonly #waiting: readonly PlannedChange[];
  readonly #sent: PlannedChange[] = [];
  readonly #unanswered = new Set<number>();
  #at = 0;

  constructor(context: ClientContext, mediaType: string, planned: readonly PlannedChange[]) {
    this.#context = context;
    this.#mediaType = mediaType;
    this.#waiting = planned;
  }

  get count(): number {
    return this.#waiting.length;
  }

  get isDone(): boolean {
    return this.#at >= this.#waiting.length;
  }

  /** @returns the next changes, about `maxBytes` of contents and at least one; empty where none is left */
  async next(
    card: PimCard,
    maxBytes: number,
    isLate: () => boolean,
  ): Promise<readonly LocalChange[]> {
    const changes: LocalChange[] = [];
    let bytes = 0;
    while (!this.isDone && (changes.length === 0 || (bytes < maxBytes && !isLate()))) {
      const batch = this.#waiting.slice(this.#at, this.#at + BATCH);
      const ids = batch.flatMap(({ op, recordId }) => (op === "delete" ? [] : [recordId]));
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
    if (planned === undefined || !this.#unanswered.delete(ref)) return;
    const { report, missing, touched, journal } = this.#context;
    report.countSent(COUNTED[planned.op], status);
    journal.items.acknowledged(planned.recordId, status);
    const outcome = outcomeOf(planned.op, status);
    if (outcome === "held" && planned.op === "add") missing.delete(planned.recordId);
    if (outcome === "missing") missing.add(planned.recordId);
    if (outcome !== "held") touched.add(planned.recordId);
  }

  /** What the server has said nothing about; it gets it again. */
  unanswered(): readonly RecordId[] {
    return [...this.#unanswered].flatMap((ref) => this.#sent[ref]?.recordId ?? []);
  }

  #leave({ op, recordId }: PlannedChange, item: PimItem | undefined): LocalChange | undefined {
    const { report, told, journal } = this.#context;
    if (op !== "delete" && item === undefined) {
      report.sent.failed += 1;
      return undefined;
    }
    const ref = this.#sent.length;
    const luid = luidOf(recordId);
    this.#sent.push({ op, recordId });
    this.#unanswered.add(ref);
    told.add(recordId);
    journal.items.left(recordId, op, item);
    if (op === "delete" || item === undefined) return { type: "delete", ref, luid };
    const content = writeItem(item, this.#mediaType);
    return { type: op, ref, luid, mediaType: this.#mediaType, content };
  }
}

/** `held`: both sides agree; `missing`: the server has no such item; `refused`: to be sent again. */
function outcomeOf(op: SentOp, status: number): "held" | "missing" | "refused" {
  if (status >= 200 && status < 300) return "held";
  const isGone = status === 404 || status === 410;
  if (isGone && op !== "add") return op === "delete" ? "held" : "missing";
  return status === 418 || status === 419 ? "held" : "refused";
}
