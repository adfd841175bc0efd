import { HeaderTable } from "../../../card/virtual/header-table.ts";
import { blockAddress, blocksFor, toLayout } from "../../../card/virtual/layout.ts";
import { readMeta } from "../../../card/virtual/meta-cell.ts";
import type { Nvm } from "../../../card/virtual/nvm.ts";

/** Blocks of a card's memory. */
export interface HeapUse {
  readonly total: number;
  /** Those that a live record reaches. */
  readonly used: number;
}

/**
 * Walks all chains of a card's memory.
 * @throws Error where a block is reached by two live records, or twice by one, or where a chain is longer or shorter
 *   than its content
 */
export const expectSoundHeap = (nvm: Nvm): HeapUse => {
  const { headerCount, peerCount } = readMeta(nvm);
  const layout = toLayout(nvm.sizeBytes, headerCount, peerCount);
  const seen = new Set<number>();
  for (const header of new HeaderTable(nvm, layout).slots) {
    if (header?.state !== "live") continue;
    let block = header.first;
    for (let left = blocksFor(header.length); left > 0; left--) {
      if (block < 1 || block > layout.blockCount) throw new Error("a chain leaves the heap");
      if (seen.has(block)) throw new Error("a block is in two chains");
      seen.add(block);
      const [high = 0, low = 0] = nvm.read(blockAddress(layout, block), 2);
      block = (high << 8) | low;
    }
    if (block !== 0) throw new Error("a chain goes on behind its content");
  }
  return { total: layout.blockCount, used: seen.size };
};
