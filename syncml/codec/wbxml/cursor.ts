import { malformed } from "../malformed.ts";

/** Reads forward through one buffer; every read is checked against its end. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws SyncmlError SYNCML_MALFORMED at the end, as every method here */
  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed("WBXML ends too early");
    this.#at += 1;
    return byte;
  }

  /** mb_u_int32: seven bits a byte, at most five bytes. Source: WBXML 1.3, 5.1. */
  multiByteInt(): number {
    let value = 0;
    for (let count = 0; count < 5; count += 1) {
      const byte = this.byte();
      value = value * 0x80 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    throw malformed("a number of more than five bytes");
  }

  /** A view on the next bytes, not a copy. */
  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed("a length that passes the end");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** The bytes up to the next zero, which is passed over. */
  takeToZero(): Uint8Array {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw malformed("a string without end");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return taken;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}
