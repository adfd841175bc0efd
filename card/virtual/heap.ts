import { readU16, u16 } from "../apdu/bytes.ts";
import { BLOCK_BYTES, blockAddress, blocksFor, PAYLOAD_BYTES } from "./layout.ts";
import type { Layout } from "./layout.ts";
import type { Nvm } from "./nvm.ts";

/**
 * Blocks of 64 bytes, `next(2) payload(62)`, chained. What no live header reaches is free: the list of free blocks
 * is in RAM only and is found again by walking the chains, so that it is no hot cell.
 */
export class Heap {
  readonly #nvm: Nvm;
  readonly #layout: Layout;
  readonly #isUsed: Uint8Array;
  #freeCount: number;
  /** Next fit from a random start spreads the wear. */
  #nextTry: number;

  /** @param start any number */
  constructor(nvm: Nvm, layout: Layout, start: number) {
    this.#nvm = nvm;
    this.#layout = layout;
    this.#isUsed = new Uint8Array(layout.blockCount + 1);
    this.#freeCount = layout.blockCount;
    this.#nextTry = 1 + (start % layout.blockCount);
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  /** Marks a content's blocks as used, at the first use after a reset. */
  claim(first: number, lengthBytes: number): void {
    for (const block of this.#chain(first, lengthBytes)) this.#mark(block, 1);
  }

  /** Gives a content's blocks back; they keep what they hold until they are used again. */
  release(first: number, lengthBytes: number): void {
    for (const block of this.#chain(first, lengthBytes)) this.#mark(block, 0);
  }

  /** @returns that many blocks, marked as used, or undefined where there are not so many */
  allocate(count: number): readonly number[] | undefined {
    if (count > this.#freeCount) return undefined;
    const blocks: number[] = [];
    while (blocks.length < count) {
      if (this.#isUsed[this.#nextTry] === 0) {
        blocks.push(this.#nextTry);
        this.#mark(this.#nextTry, 1);
      }
      this.#nextTry = this.#nextTry === this.#layout.blockCount ? 1 : this.#nextTry + 1;
    }
    return blocks;
  }

  /** Gives allocated blocks back that no header came to name. */
  giveBack(blocks: readonly number[]): void {
    for (const block of blocks) this.#mark(block, 0);
  }

  /** Nothing reaches the block before its header is written: a torn write is harmless. @param next 0 for the last one */
  writeBlock(block: number, next: number, payload: Uint8Array): void {
    const bytes = new Uint8Array(2 + payload.length);
    bytes.set(u16(next));
    bytes.set(payload, 2);
    this.#nvm.write(blockAddress(this.#layout, block), bytes, false);
  }

  /** @returns `count` bytes of a content from `offset`; both within its length */
  read(first: number, offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let block = first;
    for (let skipped = Math.floor(offset / PAYLOAD_BYTES); skipped > 0; skipped--) {
      block = this.#next(block);
    }
    let done = 0;
    while (done < count) {
      const from = (offset + done) % PAYLOAD_BYTES;
      const part = Math.min(PAYLOAD_BYTES - from, count - done);
      bytes.set(this.#nvm.read(blockAddress(this.#layout, block) + 2 + from, part), done);
      done += part;
      block = this.#next(block);
    }
    return bytes;
  }

  *#chain(first: number, lengthBytes: number): Generator<number> {
    let block = first;
    for (let left = blocksFor(lengthBytes); left > 0; left--) {
      yield block;
      block = this.#next(block);
    }
  }

  #next(block: number): number {
    return readU16(this.#nvm.read(blockAddress(this.#layout, block), BLOCK_BYTES));
  }

  #mark(block: number, used: 0 | 1): void {
    if (this.#isUsed[block] === used) return;
    this.#isUsed[block] = used;
    this.#freeCount += used === 1 ? -1 : 1;
  }
}
