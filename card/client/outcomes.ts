import type { Csn, RecordId } from "../commands/ids.ts";

/** `blocked`: no try is left, only the PUK helps. */
export type VerifyOutcome =
  | { readonly type: "verified" }
  | { readonly type: "wrong"; readonly triesLeft: number }
  | { readonly type: "blocked" };

export interface WriteOptions {
  /** Only if the record still has this version; otherwise: unless others changed it since the snapshot. */
  readonly ifCsn?: Csn;
  /** The write is nobody's, though a sync is open. */
  readonly asNobody?: boolean;
}

export interface Written {
  readonly type: "written";
  readonly id: RecordId;
  readonly modCsn: Csn;
  readonly crc16: number;
}

export type CreateOutcome = Written | { readonly type: "full" };
/** `conflict`: others changed it, or (revive) it lives. `missing`: there is no such record, or (update) it is deleted. */
export type UpdateOutcome =
  CreateOutcome | { readonly type: "conflict" } | { readonly type: "missing" };
export type DeleteOutcome = { readonly type: "deleted" | "conflict" | "missing" };
export type TouchOutcome =
  { readonly type: "touched"; readonly modCsn: Csn } | { readonly type: "missing" };
/** `unknownObject`: the card holds it neither as current nor as previous. */
export type ListOutcome<Entry> =
  | { readonly type: "listed"; readonly changes: readonly Entry[] }
  | { readonly type: "unknownObject" };
/** `mismatch`: it is not the proposed, pending or current object, or there is no room for a new peer. */
export type CommitOutcome = { readonly type: "committed" | "mismatch" };
