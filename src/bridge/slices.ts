import type { ItemOperation } from "../../syncml/index.ts";

/** @returns the operations in order, in pieces of `size` at the most, none of which names an item twice */
export function* slicesOf(
  operations: readonly ItemOperation[],
  size: number,
): Generator<readonly ItemOperation[]> {
  let slice: ItemOperation[] = [];
  let luids = new Set<string>();
  for (const operation of operations) {
    if (slice.length >= size || luids.has(operation.luid)) {
      yield slice;
      slice = [];
      luids = new Set();
    }
    slice.push(operation);
    luids.add(operation.luid);
  }
  if (slice.length > 0) yield slice;
}
