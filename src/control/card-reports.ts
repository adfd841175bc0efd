/** One pair (card database, peer) that the card remembers, as `card peers --json` prints it. */
export interface CardPeer {
  readonly database: string;
  /** 16 hexadecimal digits. */
  readonly tag: string;
  /** Syncs that ended well, modulo 65536. */
  readonly commits: number;
  /** `current`, `previous`, `pending`: generations that the card keeps; `open`: a sync runs. */
  readonly holds: readonly string[];
  /** Who it is, where this service has a link with it. */
  readonly user?: string;
  readonly device?: string;
  readonly datastore?: string;
}

/** What a wipe takes. */
export interface WipeReport {
  readonly label: string;
  readonly items: Readonly<Record<string, number>>;
  readonly peers: number;
}

/** What a restore takes and gives. */
export interface RestoreReport {
  readonly lost: number;
  readonly restored: number;
}
