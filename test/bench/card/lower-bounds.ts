/**
 * The least that the card's protocol allows for an operation; PROTOCOL.md section 8. Bytes of a command are its four
 * bytes, Lc, its data and, where data comes back, Le; bytes of an answer its data and the status word.
 */
export interface Cost {
  readonly apdus: number;
  readonly bytes: number;
}

const HEAD = 4;
const LC = 1;
const LE = 1;
const SW = 2;
const PAGE_BYTES = 248;
const SEGMENT_BYTES = 247;
const ENTRIES_ON_A_PAGE = 22;
const ENTRY_BYTES = 11;
/** `id flags len` before each content of a stream. */
const RECORD_HEAD_BYTES = 7;

export const add = (...costs: readonly Cost[]): Cost => ({
  apdus: costs.reduce((sum, { apdus }) => sum + apdus, 0),
  bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
});

const exchanges = (apdus: number, bytesOfEach: number, bytes: number): Cost => ({
  apdus,
  bytes: apdus * bytesOfEach + bytes,
});

const sum = (lengths: readonly number[]): number => lengths.reduce((all, each) => all + each, 0);
const streamBytes = (lengths: readonly number[]): number =>
  sum(lengths) + lengths.length * RECORD_HEAD_BYTES;

/** @param known objects that the card holds for the peer: current, previous, pending */
export const start = (known: number): Cost =>
  exchanges(1, HEAD + LC + LE + SW, 8 + 10 * (known + 1) + 4 + 6);

/** PREPARE, or COMMIT. */
export const settle: Cost = exchanges(1, HEAD + LC + SW, 8);

/** @param entries of LIST in mode 1 */
export const list = (entries: number): Cost => {
  const pages = Math.max(1, Math.ceil(entries / ENTRIES_ON_A_PAGE));
  return exchanges(pages, HEAD + LC + 10 + LE + 2 + SW, entries * ENTRY_BYTES);
};

/** @param lengths of the contents, one for each record; none: nothing is sent */
export const read = (lengths: readonly number[]): Cost => {
  const bytes = streamBytes(lengths);
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return exchanges(pages, HEAD + LC + 2 + LE + SW, 4 * lengths.length + bytes);
};

/** As {@link read}, of a whole database. */
export const readImage = (lengths: readonly number[]): Cost => {
  const bytes = streamBytes(lengths);
  const pages = Math.ceil(bytes / (PAGE_BYTES - 4));
  return exchanges(pages, HEAD + LC + 4 + LE + 4 + SW, bytes);
};

const writes = (lengths: readonly number[], headBytes: number): Cost =>
  add(
    ...lengths.map((length) => {
      const segments = Math.ceil((length + headBytes) / SEGMENT_BYTES);
      return exchanges(segments, HEAD + LC + SW, length + headBytes + LE + 6);
    }),
  );

export const creates = (lengths: readonly number[]): Cost => writes(lengths, 3);
export const updates = (lengths: readonly number[]): Cost => writes(lengths, 11);

/** Estimated for T=1 from the log of a real JCOP card. */
export const seconds = ({ apdus, bytes }: Cost): number => 0.018 * apdus + 0.0002 * bytes;
