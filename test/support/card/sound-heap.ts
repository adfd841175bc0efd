import { expect } from "vitest";
import { HeaderTable } from "../../../card/virtual/header-table.ts";
import { blockAddress, blocksFor, toLayout } from "../../../card/virtual/layout.ts";
import { readMeta } from "../../../card/virtual/meta-cell.ts";
import type { Nvm } from "../../../card/virtual/nvm.ts";

/**
 * Fails where a block is reached by two live records, or twice by one, or where a chain is longer or shorter than its
 * content.
 * @returns how many blocks the live records take
 */
export const expectSoundHeap = (nvm: Nvm): number => {
  const { headerCount, peerCount } = readMeta(nvm);
  const layout = toLayout(nvm.sizeBytes, headerCount, peerCount);
  const seen = new Set<number>();
  for (const header of new HeaderTable(nvm, layout).slots) {
    if (header?.state !== "live") continue;
    let block = header.first;
    for (let left = blocksFor(header.length); left > 0; left--) {
      expect(block, "a block's number").toBeGreaterThan(0);
      expect(block, "a block's number").toBeLessThanOrEqual(layout.blockCount);
      expect(seen.has(block), "a block is in two chains").toBe(false);
      seen.add(block);
      const [high = 0, low = 0] = nvm.read(blockAddress(layout, block), 2);
      block = (high << 8) | low;
    }
    expect(block, "the last block of a chain").toBe(0);
  }
  return seen.size;
};
