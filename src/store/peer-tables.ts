/** A SyncML server that cards are taken to. */
export interface PeerRow {
  readonly name: string;
  /** JSON of the peer's settings. */
  readonly settings: string;
  /** Sealed with the peer's name as associated data. */
  readonly password: Uint8Array;
  readonly created_at_ms: number;
}

/** When a peer is synchronized by itself, and what came of it. */
export interface ScheduleRow {
  readonly peer: string;
  /** Null: not by the clock. */
  readonly cron: string | null;
  /** IANA name. */
  readonly time_zone: string;
  readonly is_on_insert: number;
  readonly is_on_change: number;
  readonly jitter_seconds: number;
  /** The next time of `cron`: one that has passed was missed. */
  readonly next_due_ms: number | null;
  /** Failures in a row. */
  readonly failures: number;
  /** Why it does not run by itself any more. */
  readonly paused_reason: string | null;
}

/** Tables of `0008-peers.ts`. */
export interface PeerTables {
  readonly peers: PeerRow;
  readonly schedules: ScheduleRow;
}
