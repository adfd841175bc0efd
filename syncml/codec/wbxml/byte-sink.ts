const FIRST_CAPACITY = 4096;

/** Bytes that grow at the end. */
export class ByteSink {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  /** mb_u_int32. @param value at most 32 bits */
  multiByteInt(value: number): void {
    for (let shift = 28; shift > 0; shift -= 7) {
      if (value >= 2 ** shift) this.byte(0x80 | (Math.floor(value / 2 ** shift) & 0x7f));
    }
    this.byte(value & 0x7f);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** @param size of the text in UTF-8 */
  utf8(text: string, size: number): void {
    this.#reserve(size);
    this.#length += this.#buffer.write(text, this.#length, "utf8");
  }

  #reserve(size: number): void {
    const wanted = this.#length + size;
    if (wanted <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }

  /** What was written; the sink is not to be used afterwards. */
  toBytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
