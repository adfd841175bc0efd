import { isMassDeletion } from "../mass-deletion.ts";

/** One side of a sync, and what the other has deleted. */
export interface DeletionFacts {
  readonly deletions: number;
  /** Items of the side before. */
  readonly items: number;
}

/** A single deletion empties nothing that is worth a question. */
const LEAST_EMPTIED = 2;

/** True where a side would be emptied, or lose more than half of its items and at least ten. */
export function needsConsent({ deletions, items }: DeletionFacts): boolean {
  if (deletions >= items) return deletions >= LEAST_EMPTIED;
  return isMassDeletion(deletions, items);
}
