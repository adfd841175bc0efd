import type { StatusWord } from "../apdu/status-word.ts";
import { SW } from "../apdu/status-word.ts";
import { DATABASE_COUNT } from "../commands/ids.ts";
import { MAX_RESPONSE_BYTES } from "../commands/limits.ts";
import type { CardState } from "./card-state.ts";
import { Refusal } from "./refusal.ts";

/** A command that has been found in the table and whose PIN condition holds. */
export interface Command {
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  /** How much the host takes, bytes; 256 where it set no limit. */
  readonly le: number;
  /** A segment of a chain, and not its last. */
  readonly hasMore: boolean;
}

export interface Reply {
  readonly data: Uint8Array;
  readonly sw: StatusWord;
}

export type Handler = (card: CardState, command: Command) => Reply;

/** @returns 9000 with the data, if any */
export const ok = (data: Uint8Array = new Uint8Array()): Reply => ({ data, sw: SW.ok });

/** @returns a page: 6310 where more is to come */
export const page = (data: Uint8Array, isLast: boolean): Reply => ({
  data,
  sw: isLast ? SW.ok : SW.moreData,
});

/** @returns bytes that a page may have */
export const pageSize = (command: Command): number => Math.min(command.le, MAX_RESPONSE_BYTES);

/** @throws Refusal 6A82 where P1 is no database */
export const databaseOf = ({ p1 }: Command): number => {
  if (p1 < 1 || p1 > DATABASE_COUNT) throw new Refusal(SW.noDatabase);
  return p1;
};

/** @throws Refusal 6700 where the data has another length */
export const expectLength = ({ data }: Command, ...lengths: readonly number[]): void => {
  if (!lengths.includes(data.length)) throw new Refusal(SW.wrongLength);
};
