import type { SyncType } from "../../syncml/index.ts";

/** Items by what happened to them. */
export interface ItemCounts {
  added: number;
  changed: number;
  deleted: number;
  failed: number;
}

export type CountedOp = Exclude<keyof ItemCounts, "failed">;

/** Sync types as people write them. */
export const TYPE_NAMES = {
  twoWay: "two-way",
  slow: "slow",
  oneWayFromClient: "one-way-from-client",
  refreshFromClient: "refresh-from-client",
  oneWayFromServer: "one-way-from-server",
  refreshFromServer: "refresh-from-server",
} as const satisfies Record<SyncType, string>;

const none = (): ItemCounts => ({ added: 0, changed: 0, deleted: 0, failed: 0 });

/** What one datastore's sync did, counted while it runs; for the history. */
export class SyncReport {
  readonly sent = none();
  readonly received = none();

  countReceived(op: CountedOp, status: number): void {
    count(this.received, op, status);
  }

  countSent(op: CountedOp, status: number): void {
    count(this.sent, op, status);
  }

  /** Whether anything came that may have changed the card. */
  get hasReceived(): boolean {
    const { added, changed, deleted } = this.received;
    return added + changed + deleted > 0;
  }

  get failed(): number {
    return this.sent.failed + this.received.failed;
  }
}

/** Conflicts that were settled (419) and deletions of what is gone (404, 410) are no failures. */
const SETTLED = new Set([404, 410, 418, 419]);

function count(counts: ItemCounts, op: CountedOp, status: number): void {
  const isDone = (status >= 200 && status < 300) || SETTLED.has(status);
  counts[isDone ? op : "failed"] += 1;
}
