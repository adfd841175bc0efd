import { SyncmlError } from "../errors.ts";

/** What one message may cost to decode. Every bound is checked before what it bounds is built. */
export interface DecodeLimits {
  /** Size of the message as received, bytes. */
  readonly maxBytes: number;
  /** Depth of elements, the root being 1; a DevInf document in an OPAQUE counts from its own root. */
  readonly maxDepth: number;
  /** All text and opaque data after decoding, nested documents included; UTF-16 units or bytes. */
  readonly maxDecoded: number;
  /** Number of elements, nested documents included. */
  readonly maxElements: number;
}

/** For services that set no limits of their own. */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  maxBytes: 4 * 1024 * 1024,
  maxDepth: 32,
  maxDecoded: 8 * 1024 * 1024,
  maxElements: 200_000,
};

/** What is left of the limits while one message is decoded; shared with the documents nested in it. */
export class Budget {
  readonly maxDepth: number;
  #decoded: number;
  #elements: number;

  constructor(limits: DecodeLimits) {
    this.maxDepth = limits.maxDepth;
    this.#decoded = limits.maxDecoded;
    this.#elements = limits.maxElements;
  }

  /** @throws SyncmlError SYNCML_TOO_LARGE once the decoded data pass the limit */
  spendDecoded(size: number): void {
    this.#decoded -= size;
    if (this.#decoded < 0) throw new SyncmlError("SYNCML_TOO_LARGE", "decoded data pass the limit");
  }

  /** @throws SyncmlError SYNCML_TOO_LARGE or SYNCML_MALFORMED where there are too many, or too deep ones */
  spendElement(depth: number): void {
    this.#elements -= 1;
    if (this.#elements < 0) throw new SyncmlError("SYNCML_TOO_LARGE", "too many elements");
    if (depth > this.maxDepth) throw new SyncmlError("SYNCML_MALFORMED", "nested too deeply");
  }
}

/** @throws SyncmlError SYNCML_TOO_LARGE */
export const checkSize = (bytes: Uint8Array, limits: DecodeLimits): void => {
  if (bytes.length > limits.maxBytes) {
    throw new SyncmlError("SYNCML_TOO_LARGE", `message of ${String(bytes.length)} bytes`);
  }
};
