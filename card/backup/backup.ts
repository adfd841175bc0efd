import type { CardUuid, DatabaseId } from "../commands/ids.ts";

/** One database of a card as a backup keeps it: what a person has put there, and nothing of its peers. */
export interface DatabaseBackup {
  readonly id: DatabaseId;
  /** "" where none was put. */
  readonly label: string;
  /** Contents of the records that lived, in the order of their ids. */
  readonly records: readonly Uint8Array[];
}

/** What is kept of a card: enough to fill another one, which is a new card to every peer. */
export interface CardBackup {
  /** Of the card that it was made of. */
  readonly uuid: CardUuid;
  /** Milliseconds since 1970. */
  readonly madeAtMs: number;
  readonly databases: readonly DatabaseBackup[];
}
