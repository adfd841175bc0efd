import { ALERT_CODES } from "../spec/alert-codes.ts";
import {
  takeChunk,
  type ChunkOutcome,
  type ChunkSource,
  type IncomingChunk,
} from "./incoming-chunk.ts";
import type { Turn } from "./turn.ts";

/** Takes an item or a chunk of one, and keeps in the state what has come of it. */
export function joinChunks(turn: Turn, source: ChunkSource): ChunkOutcome {
  const open = continued(turn.state.chunkIn, source);
  if (open === undefined) dropOpenChunk(turn);
  const outcome = takeChunk(source, open, turn.env.maxObjSizeBytes);
  const { chunkIn: _old, ...rest } = turn.state;
  const chunk = outcome.type === "whole" ? undefined : outcome.chunk;
  turn.state = chunk === undefined ? rest : { ...rest, chunkIn: chunk };
  return outcome;
}

/** @returns what has come of the item before; undefined where this is its beginning */
function continued(
  open: IncomingChunk | undefined,
  { uri, luid, command, item }: ChunkSource,
): IncomingChunk | undefined {
  if (open?.uri !== uri || open.luid !== luid || open.type !== command.type) return undefined;
  // Size stands in first chunks: the peer tries the refused or interrupted item again.
  const mayBeNew = open.refusal !== undefined || open.isResumed === true;
  const isNewTry = mayBeNew && (item.meta?.size ?? command.meta?.size) !== undefined;
  return isNewTry ? undefined : open;
}

/**
 * Drops an item whose last chunk never came, and tells the peer; not where its end was refused anyway, or where a peer
 * that came back has begun with something else: the item comes again.
 * @see SyncML Sync Protocol 1.1, 2.10: Alert 223 names the item as the peer does
 */
export function dropOpenChunk(turn: Turn): void {
  const { chunkIn, ...rest } = turn.state;
  if (chunkIn === undefined) return;
  turn.state = rest;
  if (chunkIn.refusal !== undefined || chunkIn.isResumed === true) return;
  const { uri, luid } = chunkIn;
  turn.replies.push({
    type: "alert",
    cmdId: "",
    code: ALERT_CODES.noEndOfData,
    items: [{ target: { locUri: luid }, source: { locUri: uri } }],
  });
}
