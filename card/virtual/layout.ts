/** Where everything lies in the memory; PROTOCOL.md section 7. Addresses and sizes in bytes. */
export interface Layout {
  readonly headerCount: number;
  readonly peerCount: number;
  /** Blocks are numbered from 1; 0 is "none". */
  readonly blockCount: number;
  readonly peersAt: number;
  readonly blocksAt: number;
}

export const META_AT = 0;
export const PIN_AT = 64;
export const PUK_AT = 128;
export const LABELS_AT = 192;
export const LABEL_BYTES = 32;
export const HEADERS_AT = 320;
export const HEADER_BYTES = 20;
export const PEER_ENTRY_BYTES = 64;
export const BLOCK_BYTES = 64;
/** Of each block the first two bytes name the next one. */
export const PAYLOAD_BYTES = BLOCK_BYTES - 2;
export const MAX_BLOCKS = 65_535;

const align = (address: number): number => Math.ceil(address / BLOCK_BYTES) * BLOCK_BYTES;

/** @returns the layout; blockCount is below 1 where the memory is too small for these counts */
export const toLayout = (sizeBytes: number, headerCount: number, peerCount: number): Layout => {
  const peersAt = align(HEADERS_AT + headerCount * HEADER_BYTES);
  const blocksAt = peersAt + peerCount * PEER_ENTRY_BYTES;
  const blockCount = Math.min(MAX_BLOCKS, Math.floor((sizeBytes - blocksAt) / BLOCK_BYTES));
  return { headerCount, peerCount, blockCount, peersAt, blocksAt };
};

/** Seven headers for each KB, as records of two blocks would need, but no more than READ IMAGE passes over in no time. */
export const defaultHeaderCount = (sizeBytes: number): number =>
  Math.min(16_384, Math.floor((sizeBytes / 1024) * 7));

export const DEFAULT_PEER_COUNT = 64;

export const headerAddress = (index: number): number => HEADERS_AT + index * HEADER_BYTES;
/** @param slot from 1 */
export const peerAddress = (layout: Layout, slot: number): number =>
  layout.peersAt + (slot - 1) * PEER_ENTRY_BYTES;
/** @param block from 1 */
export const blockAddress = (layout: Layout, block: number): number =>
  layout.blocksAt + (block - 1) * BLOCK_BYTES;

/** @returns how many blocks a content of this length takes; 0 for none */
export const blocksFor = (lengthBytes: number): number => Math.ceil(lengthBytes / PAYLOAD_BYTES);
