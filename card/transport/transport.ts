/**
 * The way to one card: command APDUs go out, response APDUs with their status word come back. Nothing is
 * interpreted here.
 */
export interface Transport {
  /**
   * One command at a time.
   * @throws CardError CARD_READER_LOST, CARD_ABSENT or CARD_RESET; what the card did with the command is unknown
   */
  transmit(command: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
  /** Power off and on. The card's session is gone: PIN, open syncs. */
  reset(): Promise<void>;
  /** Harmless when called again. */
  close(): Promise<void>;
  /** What went over it so far; absent where nobody counts. */
  readonly transportStats?: TransportStats;
  /** What the card wrote so far; absent where it cannot be known, as with a card in a reader. */
  readonly nvmStats?: NvmStats;
}

/** What went over a transport since it was opened. */
export interface TransportStats {
  readonly apdus: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What a virtual card wrote into its memory since it was opened. */
export interface NvmStats {
  readonly writes: number;
  readonly atomicWrites: number;
  readonly bytesWritten: number;
}

/** The transport of a virtual card, with its meters. */
export interface VirtualTransport extends Transport {
  readonly transportStats: TransportStats;
  readonly nvmStats: NvmStats;
}
