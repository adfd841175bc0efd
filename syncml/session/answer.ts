import type { Command, Message, SyncHdr } from "../model/message.ts";
import { ALERT_CODES } from "../spec/alert-codes.ts";
import { Draft } from "./draft.ts";
import type { Work } from "./effects.ts";
import { fillPackage } from "./package-four.ts";
import type { Turn } from "./turn.ts";

/**
 * Packs the answer to a message: the statuses owed, then what else is to be said, then changes; what does not fit waits
 * for the next message. Final where `mayBeFinal` and nothing waits.
 */
export function* composeAnswer(turn: Turn, mayBeFinal: boolean): Work<Message> {
  const draft = new Draft(turn, headerOf(turn));
  const [headerStatus, ...statuses] = turn.statuses;
  const queue: readonly Command[] = [
    ...(headerStatus === undefined ? [] : [headerStatus]),
    ...turn.state.backlog,
    ...statuses,
    ...turn.replies,
  ];
  const fitting = takeFitting(draft, queue);
  const backlog = queue.slice(fitting);
  turn.state = { ...turn.state, backlog };
  const isSending = turn.state.phase === "sending" && backlog.length === 0;
  const isAllSent = isSending ? yield* fillPackage(turn, draft) : true;
  const isFinal = mayBeFinal && backlog.length === 0 && isAllSent;
  if (turn.state.phase === "sending" && isFinal) turn.state = { ...turn.state, phase: "closing" };
  if (!isFinal && !mayBeFinal && turn.replies.length === 0) askForMore(draft);
  turn.state = {
    ...turn.state,
    nextMsgId: turn.state.nextMsgId + 1,
    awaited: { ...turn.state.awaited, ...draft.awaited },
  };
  return draft.toMessage(isFinal);
}

function takeFitting(draft: Draft, queue: readonly Command[]): number {
  for (const [at, command] of queue.entries()) if (!draft.add(command)) return at;
  return queue.length;
}

/** Nothing to say before the peer's package is complete: the next message is asked for. */
function askForMore(draft: Draft): void {
  draft.add({ type: "alert", cmdId: "", code: ALERT_CODES.nextMessage, items: [] });
}

function headerOf(turn: Turn): SyncHdr {
  const { state, message, env } = turn;
  const { target, source } = message.header;
  return {
    sessionId: state.sessionId,
    msgId: state.nextMsgId,
    target: { locUri: source.locUri },
    source: { locUri: target.locUri },
    ...(state.user === undefined || state.phase === "done" ? {} : { respUri: state.respUri }),
    meta: {
      maxMsgSize: env.maxMsgSizeBytes,
      ...(state.version === "1.0" ? {} : { maxObjSize: env.maxObjSizeBytes }),
    },
  };
}
