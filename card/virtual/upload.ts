import { CRC16_START, finishCrc16, updateCrc16 } from "../commands/crc16.ts";
import type { CardState } from "./card-state.ts";
import { PAYLOAD_BYTES } from "./layout.ts";

/** The blocks of a content that is coming in: written as they fill, named by a header only when all are there. */
export class Upload {
  readonly totalLength: number;
  readonly #card: CardState;
  readonly #blocks: readonly number[];
  readonly #buffer = new Uint8Array(PAYLOAD_BYTES);
  #filled = 0;
  #written = 0;
  #received = 0;
  #crc = CRC16_START;

  /** @param blocks as many as `totalLength` needs, allocated */
  constructor(card: CardState, totalLength: number, blocks: readonly number[]) {
    this.#card = card;
    this.totalLength = totalLength;
    this.#blocks = blocks;
  }

  get missing(): number {
    return this.totalLength - this.#received;
  }

  get first(): number {
    return this.#blocks[0] ?? 0;
  }

  get crc16(): number {
    return finishCrc16(this.#crc);
  }

  /** @param content no more than is missing */
  append(content: Uint8Array): void {
    this.#crc = updateCrc16(this.#crc, content);
    this.#received += content.length;
    let taken = 0;
    while (taken < content.length) {
      const part = content.subarray(taken, taken + PAYLOAD_BYTES - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      const isEnd = this.missing === 0 && taken === content.length;
      if (this.#filled === PAYLOAD_BYTES || isEnd) this.#flush();
    }
  }

  /** The blocks were never named by a header: they are free. */
  drop(): void {
    this.#card.heap.giveBack(this.#blocks);
  }

  #flush(): void {
    const block = this.#blocks[this.#written];
    if (block === undefined) return;
    const next = this.#blocks[this.#written + 1] ?? 0;
    this.#card.heap.writeBlock(block, next, this.#buffer.subarray(0, this.#filled));
    this.#written++;
    this.#filled = 0;
  }
}
