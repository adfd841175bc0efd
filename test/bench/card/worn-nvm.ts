import {
  BLOCK_BYTES,
  HEADERS_AT,
  LABELS_AT,
  PIN_AT,
  type Layout,
} from "../../../card/virtual/layout.ts";
import { MemoryNvm } from "../../../card/virtual/nvm.ts";

export type Region =
  "card's cell" | "PIN and PUK" | "labels" | "headers" | "peer entries" | "blocks";

/** How often the most written place of a region was written. */
export interface Wear {
  readonly region: Region;
  readonly writes: number;
  readonly mostOnAByte: number;
  /** Pages are 64 bytes: what a memory that is erased page by page wears out together. */
  readonly mostOnAPage: number;
}

const PAGE_BYTES = BLOCK_BYTES;

/** A memory that counts how often each byte and each page is written. */
export class WornNvm extends MemoryNvm {
  readonly #bytes: Uint32Array;
  readonly #pages: Uint32Array;
  readonly #firsts: number[] = [];

  constructor(sizeBytes: number) {
    super(new Uint8Array(sizeBytes));
    this.#bytes = new Uint32Array(sizeBytes);
    this.#pages = new Uint32Array(Math.ceil(sizeBytes / PAGE_BYTES));
  }

  override write(address: number, bytes: Uint8Array): void {
    super.write(address, bytes);
    this.#firsts.push(address);
    for (let at = address; at < address + bytes.length; at++) bump(this.#bytes, at);
    const last = Math.floor((address + bytes.length - 1) / PAGE_BYTES);
    for (let page = Math.floor(address / PAGE_BYTES); page <= last; page++) bump(this.#pages, page);
  }

  /** From now on. */
  forget(): void {
    this.#bytes.fill(0);
    this.#pages.fill(0);
    this.#firsts.length = 0;
  }

  wear(layout: Layout): readonly Wear[] {
    return regionsOf(layout, this.sizeBytes).map(({ region, from, to }) => ({
      region,
      writes: this.#firsts.filter((first) => first >= from && first < to).length,
      mostOnAByte: most(this.#bytes.subarray(from, to)),
      mostOnAPage: most(
        this.#pages.subarray(Math.floor(from / PAGE_BYTES), Math.ceil(to / PAGE_BYTES)),
      ),
    }));
  }
}

const bump = (counts: Uint32Array, at: number): void => {
  counts[at] = (counts[at] ?? 0) + 1;
};

const most = (counts: Uint32Array): number => counts.reduce((a, b) => Math.max(a, b), 0);

const regionsOf = (
  { peersAt, blocksAt }: Layout,
  sizeBytes: number,
): readonly { readonly region: Region; readonly from: number; readonly to: number }[] => [
  { region: "card's cell", from: 0, to: PIN_AT },
  { region: "PIN and PUK", from: PIN_AT, to: LABELS_AT },
  { region: "labels", from: LABELS_AT, to: HEADERS_AT },
  { region: "headers", from: HEADERS_AT, to: peersAt },
  { region: "peer entries", from: peersAt, to: blocksAt },
  { region: "blocks", from: blocksAt, to: sizeBytes },
];
