import { SW } from "../apdu/status-word.ts";
import type { PeerTag, SyncObject } from "../commands/ids.ts";
import { HeaderTable } from "./header-table.ts";
import { Heap } from "./heap.ts";
import { BLOCK_BYTES, HEADERS_AT, LABELS_AT, PIN_AT, PUK_AT, toLayout } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { readMeta, writeMeta } from "./meta-cell.ts";
import type { Meta } from "./meta-cell.ts";
import type { Nvm } from "./nvm.ts";
import { csnsOf, PeerTable } from "./peer-table.ts";
import type { Base } from "./peer-table.ts";
import { Refusal } from "./refusal.ts";
import { SecretCell } from "./secret-cell.ts";
import type { RandomSource } from "./secret-cell.ts";

/** A sync between START and COMMIT, ABORT or reset; in RAM only. */
export interface OpenSync {
  readonly db: number;
  readonly tag: PeerTag;
  /** The peer's slot, or a free one kept for it; 0 where all were taken, until PREPARE or COMMIT takes one. */
  slot: number;
  readonly snapCsn: number;
  readonly proposed: SyncObject;
  readonly mayEvict: boolean;
  base: Base;
  /** Whether this peer has written in this sync. */
  hasWritten: boolean;
}

/** From here on the change counter counts as used up. */
export const CSN_LIMIT = 0xffff_ff00;
const ERASE_STEP_BYTES = 4096;

/** What a card knows between two resets: everything is found again from the memory but the open syncs and the PIN's state. */
export class CardState {
  readonly nvm: Nvm;
  readonly random: RandomSource;
  readonly layout: Layout;
  readonly pin: SecretCell;
  readonly puk: SecretCell;
  readonly openSyncs = new Map<number, OpenSync>();
  headers: HeaderTable;
  peers: PeerTable;
  heap: Heap;
  isPinVerified = false;
  isPukVerified = false;
  #meta: Meta;
  #csn = 0;

  /** @throws CardError CARD_MALFORMED where the memory is no card's */
  constructor(nvm: Nvm, random: RandomSource) {
    this.nvm = nvm;
    this.random = random;
    this.#meta = readMeta(nvm);
    this.layout = toLayout(nvm.sizeBytes, this.#meta.headerCount, this.#meta.peerCount);
    this.pin = new SecretCell(nvm, PIN_AT, random);
    this.puk = new SecretCell(nvm, PUK_AT, random);
    if (this.#meta.isWiping) this.#erase();
    this.headers = new HeaderTable(nvm, this.layout);
    this.peers = new PeerTable(nvm, this.layout);
    this.heap = this.#walkHeap();
    this.#csn = this.#highestCsn();
    if (this.#meta.isExhausted) this.#forgetEverybody();
  }

  get meta(): Meta {
    return this.#meta;
  }

  /** The CSN of the last change; 0 on a new card. */
  get csn(): number {
    return this.#csn;
  }

  /**
   * The CSN for a change that is about to be written; it counts once {@link spendCsn} is told.
   * @throws Refusal 6A84 where the counter is used up
   */
  nextCsn(): number {
    if (!this.#meta.isExhausted && this.#csn + 1 >= CSN_LIMIT) this.#exhaust();
    if (this.#meta.isExhausted) throw new Refusal(SW.full);
    return this.#csn + 1;
  }

  /** @param csn from {@link nextCsn}, now in a header */
  spendCsn(csn: number): void {
    this.#csn = csn;
  }

  /** Everything goes but PIN and PUK: marked first, then erased, so that a card torn in between goes on at its next use. */
  wipe(): void {
    this.openSyncs.clear();
    this.#writeMeta({
      uuid: this.random(8),
      epoch: this.random(8),
      csnFloor: 0,
      isWiping: true,
      isExhausted: false,
    });
    this.#erase();
    this.headers = new HeaderTable(this.nvm, this.layout);
    this.peers = new PeerTable(this.nvm, this.layout);
    this.heap = this.#walkHeap();
    this.#csn = 0;
  }

  #writeMeta(change: Partial<Meta>): void {
    const meta = { ...this.#meta, ...change };
    writeMeta(this.nvm, meta);
    this.#meta = meta;
  }

  #erase(): void {
    this.#fillZero(LABELS_AT, HEADERS_AT);
    this.#fillZero(HEADERS_AT, this.layout.blocksAt + this.layout.blockCount * BLOCK_BYTES);
    this.#writeMeta({ isWiping: false });
  }

  #fillZero(from: number, to: number): void {
    for (let at = from; at < to; at += ERASE_STEP_BYTES) {
      this.nvm.write(at, new Uint8Array(Math.min(ERASE_STEP_BYTES, to - at)), false);
    }
  }

  #walkHeap(): Heap {
    const [high = 0, low = 0] = this.random(2);
    const heap = new Heap(this.nvm, this.layout, (high << 8) | low);
    for (const header of this.headers.slots) {
      if (header?.state === "live") heap.claim(header.first, header.length);
    }
    return heap;
  }

  #highestCsn(): number {
    const named = this.peers.all().flatMap(([, entry]) => csnsOf(entry));
    return Math.max(this.#meta.csnFloor, this.headers.highestCsn, ...named);
  }

  /** Ids are CSNs: there are none left. A new epoch makes every copy of the card's numbers worthless. */
  #exhaust(): void {
    this.#writeMeta({ epoch: this.random(8), isExhausted: true });
    this.#forgetEverybody();
  }

  #forgetEverybody(): void {
    this.openSyncs.clear();
    for (const [slot] of this.peers.all()) this.peers.clear(slot);
    this.headers.slots.forEach((header, index) => {
      if (header?.state === "tombstone") this.headers.release(index);
    });
  }
}
