import type { ConflictWinner } from "../conflict.ts";
import { STATUS } from "../status-map.ts";

/** What is known of the record that a server's Replace or Delete names. */
export interface NamedRecord {
  /** `unlisted`: nobody changed it since the base; whether it lives, the card says at the write. */
  readonly state: "unlisted" | "live" | "deleted";
  /** Somebody else changed it, and the server has not been told in this sync. */
  readonly isUntold: boolean;
  /** Fingerprint of what it holds; "" where unknown. */
  readonly hash: string;
  /** Writes that a sync that was cut short had in hand for it. */
  readonly inHand: readonly InHand[];
}

/** A write of the server's that was decided and perhaps done. */
export interface InHand {
  /** Fingerprint of the server's content; undefined for a Delete. */
  readonly hash?: string;
  /** Fingerprint of what the record held then, where others had changed it. */
  readonly beforeHash?: string;
}

/** `keep`: nothing is written; `isTouched`: the server is to hear of the record in the next sync. */
export type ClientAction =
  | { readonly type: "write" | "delete" }
  | { readonly type: "copy"; readonly isTouched: true }
  | { readonly type: "keep"; readonly status: number; readonly isTouched: boolean };

const keep = (status: number, isTouched: boolean): ClientAction => ({
  type: "keep",
  status,
  isTouched,
});

/**
 * Decides about a Replace. Conflicts are the server's to resolve, and what it sends is applied; but it could not resolve
 * one with a change that it was not told of.
 * @param resolve asked only in that case
 */
export function decideReplace(
  record: NamedRecord,
  hash: string,
  resolve: () => ConflictWinner,
): ClientAction {
  if (record.state === "live" && record.hash === hash) return keep(STATUS.ok, false);
  if (!record.isUntold || isAsInHand(record)) return { type: "write" };
  if (record.inHand.some((write) => write.hash === hash)) return keep(STATUS.ok, true);
  if (record.state === "deleted") return { type: "write" };
  switch (resolve()) {
    case "card":
      return keep(STATUS.retryLater, true);
    case "peer":
      return { type: "write" };
    case "both":
      return { type: "copy", isTouched: true };
  }
}

/** Decides about a Delete. A change that the server was not told of beats it. */
export function decideDelete(record: NamedRecord): ClientAction {
  if (record.state === "deleted") return keep(STATUS.ok, false);
  if (record.isUntold && !isAsInHand(record)) return keep(STATUS.serverWon, true);
  return { type: "delete" };
}

/** The change was made before the write in hand was decided, in whose favour the server had spoken. */
const isAsInHand = ({ inHand, hash }: NamedRecord): boolean =>
  hash !== "" && inHand.some(({ beforeHash }) => beforeHash === hash);
