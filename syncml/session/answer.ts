import type { Command, Cred, Message, StatusCommand, SyncHdr } from "../model/message.ts";
import { ALERT_CODES } from "../spec/alert-codes.ts";
import { withoutCtCaps } from "./dev-inf-exchange.ts";
import { Draft } from "./draft.ts";
import type { Work } from "./effects.ts";
import { ownCredOf, unheardOf } from "./identify.ts";
import { fillPackage } from "./package-four.ts";
import type { ServerPhase, ServerState } from "./server-state.ts";
import type { Turn } from "./turn.ts";

/**
 * Packs the answer to a message: the statuses owed, then what else is to be said, then changes; what does not fit waits
 * for the next message. Final where `mayBeFinal` and nothing waits.
 */
export function* composeAnswer(turn: Turn, mayBeFinal: boolean): Work<Message> {
  const cred = yield* ownCredOf(turn);
  const draft = new Draft(turn, headerOf(turn, cred));
  const [headerStatus, ...statuses] = turn.statuses;
  const queue = [...turn.state.backlog, ...statuses, ...turn.replies];
  if (headerStatus !== undefined) draft.add(headerStatus);
  const backlog = fill(draft, queue);
  turn.state = { ...turn.state, backlog };
  const isSending = turn.state.phase === "sending" && backlog.length === 0;
  const isAllSent = isSending ? yield* fillPackage(turn, draft) : true;
  const isFinal = mayBeFinal && backlog.length === 0 && isAllSent;
  const isAwaited = !mayBeFinal && !turn.state.isPackageComplete;
  if (isAwaited && turn.replies.length === 0) askForMore(draft);
  const phase = phaseAfter(turn.state, isFinal);
  turn.state = {
    ...turn.state,
    ...unheardOf(turn.state, phase, draft.commands),
    phase,
    isUnfinished: mayBeFinal && !isFinal,
    nextMsgId: turn.state.nextMsgId + 1,
    awaited: { ...turn.state.awaited, ...draft.awaited },
  };
  return draft.toMessage(isFinal);
}

/**
 * The answer to a message that is not worked on: its statuses, as many as fit. Nothing of the session's leaves with it,
 * not even its address: who sent the message may be a stranger.
 */
export function composeRefusal(turn: Turn): Message {
  const { respUri: _, ...header } = headerOf(turn, undefined);
  const draft = new Draft(turn, header);
  for (const status of turn.statuses) if (!draft.add(status)) break;
  turn.state = { ...turn.state, nextMsgId: turn.state.nextMsgId + 1 };
  return draft.toMessage(true);
}

/** A session is over when its last answer has left, and at once for a peer that was never let in. */
function phaseAfter({ phase, user }: ServerState, isFinal: boolean): ServerPhase {
  if (phase === "sending" && isFinal) return "closing";
  if (phase === "ending" && isFinal) return "done";
  return phase === "done" && !isFinal && user !== undefined ? "ending" : phase;
}

/** @returns what did not fit and waits; what would not fit into any message is made smaller or left out */
function fill(draft: Draft, queue: readonly Command[]): readonly Command[] {
  for (const [at, command] of queue.entries()) {
    let smaller: Command | undefined = command;
    while (smaller !== undefined && !draft.add(smaller)) {
      if (!draft.holdsOnlyStatuses(1)) return queue.slice(at);
      smaller = shrink(smaller);
    }
  }
  return [];
}

/** @returns the command with less in it; undefined where that cannot be */
function shrink(command: Command): Command | undefined {
  if (command.type === "status") return shrinkStatus(command);
  return command.type === "results" ? withoutCtCaps(command) : undefined;
}

/** Refs only repeat what CmdRef says. */
function shrinkStatus(status: StatusCommand): StatusCommand | undefined {
  const { targetRefs, sourceRefs, items } = status;
  const isSmall = targetRefs.length + sourceRefs.length + items.length === 0;
  return isSmall ? undefined : { ...status, targetRefs: [], sourceRefs: [], items: [] };
}

function headerOf(turn: Turn, cred: Cred | undefined): SyncHdr {
  const { state, message, env } = turn;
  const { target, source } = message.header;
  return {
    sessionId: state.sessionId,
    msgId: state.nextMsgId,
    target: { locUri: source.locUri },
    source: { locUri: target.locUri },
    ...(state.user === undefined || state.traits.omitsRespUri ? {} : { respUri: state.respUri }),
    ...(cred === undefined ? {} : { cred }),
    meta: {
      maxMsgSize: env.maxMsgSizeBytes,
      ...(state.version === "1.0" ? {} : { maxObjSize: env.maxObjSizeBytes }),
    },
  };
}

/** Nothing to say before the peer's package is complete: the next message is asked for. */
function askForMore(draft: Draft): void {
  draft.add({ type: "alert", cmdId: "", code: ALERT_CODES.nextMessage, items: [] });
}
