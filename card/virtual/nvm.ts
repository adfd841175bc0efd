/**
 * The card's non-volatile memory: the only thing that outlives a reset. Power may go at any write: before it, after
 * it, or inside it, which leaves a beginning of a write that is not `atomic` and either all or nothing of one that is.
 */
export interface Nvm {
  readonly sizeBytes: number;
  /** @returns the bytes as they stand, to be read at once and never written into */
  read(address: number, length: number): Uint8Array;
  /** @param isAtomic at most {@link MAX_ATOMIC_BYTES} */
  write(address: number, bytes: Uint8Array, isAtomic: boolean): void;
}

/** The largest write that cards of all makers do as a whole. */
export const MAX_ATOMIC_BYTES = 64;

/** A memory that ends with the process. */
export class MemoryNvm implements Nvm {
  readonly #image: Uint8Array;

  /** @param image is used as it is, not copied */
  constructor(image: Uint8Array) {
    this.#image = image;
  }

  get sizeBytes(): number {
    return this.#image.length;
  }

  read(address: number, length: number): Uint8Array {
    return this.#image.subarray(address, address + length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.#image.set(bytes, address);
  }
}
