import type { Command, MapCommand, Message } from "../model/message.ts";
import { toGuid, toLuid } from "../model/ids.ts";
import { handleAlert } from "./alerts.ts";
import { composeAnswer, composeRefusal } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { answerGet, askDevInf, takePut, takeResults } from "./dev-inf-exchange.ts";
import { workOffDelayed } from "./delayed.ts";
import { perform, type Work } from "./effects.ts";
import { dropOpenChunk } from "./join-chunks.ts";
import { endSession } from "./end-session.ts";
import {
  MAX_IDLE_MESSAGES,
  MAX_KEY_LENGTH,
  MAX_SESSION_MESSAGES,
  MAX_SILENT_RESUME,
} from "./limits.ts";
import { hasNothingToSay, isMereRequest, isPackageEnd } from "./package-end.ts";
import { planPackage } from "./package-four.ts";
import { refuseAll } from "./refuse-all.ts";
import { implyStatuses } from "./implied-statuses.ts";
import { findDatastore, isOver, type ServerPhase, type ServerState } from "./server-state.ts";
import { takeStatuses } from "./statuses-in.ts";
import { handleSync, loseDatastore } from "./sync-items.ts";
import { owe, oweHeader, replaceHeader, type SessionEnv, type Turn } from "./turn.ts";

const STATUS = {
  ok: 200,
  notFound: 404,
  notAllowed: 405,
  notSupported: 406,
  notExecuted: 215,
  uriTooLong: 414,
  notImplemented: 501,
  versionUnknown: 505,
  protocolUnknown: 513,
} as const;

type CommandOf<T, C = Command> = C extends { readonly type: infer U }
  ? T extends U
    ? C
    : never
  : never;

type Handler<C> = (turn: Turn, command: C) => Work<void>;

/** How each command is worked on at the top level of a message. Statuses have been taken before. */
const HANDLERS: { readonly [T in Command["type"]]: Handler<CommandOf<T>> } = {
  alert: handleAlert,
  sync: handleSync,
  map: handleMap,
  get: answerGet,
  put: takePut,
  results: takeResults,
  // Statuses are never answered.
  *status() {
    return;
  },
  *sequence(turn, command) {
    owe(turn, command, STATUS.ok);
    for (const inner of command.commands) yield* handle(turn, inner);
  },
  atomic: refuseWith(STATUS.notSupported, STATUS.notExecuted),
  add: refuseWith(STATUS.notSupported),
  replace: refuseWith(STATUS.notSupported),
  copy: refuseWith(STATUS.notSupported),
  move: refuseWith(STATUS.notSupported),
  delete: refuseWith(STATUS.notSupported),
  unknown: refuseWith(STATUS.notSupported),
  exec: refuseWith(STATUS.notImplemented),
  search: refuseWith(STATUS.notImplemented),
};

/** What came of a message. `isRefused`: nobody was let in by it, and nothing in it was worked on. */
export interface Worked {
  readonly state: ServerState;
  readonly reply: Message;
  readonly isRefused: boolean;
}

/**
 * The work on one message of a client: all effects, then the answer.
 * Pure: what it needs of the world it yields and is given. Never throws on what a peer sends.
 * @returns the state to keep and the answer; the state's phase is `done` once the session has ended
 */
export function* handleMessage(
  state: ServerState,
  message: Message,
  env: SessionEnv,
): Work<Worked> {
  const turn: Turn = {
    env,
    message,
    state: withPeerLimits(state, message),
    statuses: [],
    isLate: false,
    replies: [],
  };
  const mayBeFinal = yield* workOn(turn);
  const isRefused = mayBeFinal === "refused";
  const reply = isRefused ? composeRefusal(turn) : yield* composeAnswer(turn, mayBeFinal);
  return { state: turn.state, reply, isRefused };
}

/** @returns whether our answer may end our own package */
function* workOn(turn: Turn): Work<boolean | "refused"> {
  const { commands } = turn.message;
  if (turn.state.phase === "done" || turn.state.phase === "suspended") {
    refuseAll(turn, commands, STATUS.notAllowed);
    oweHeader(turn, STATUS.ok);
    return true;
  }
  const { isVersionUnknown, isProtocolUnknown } = turn.message;
  if (isVersionUnknown === true) return refuseVersion(turn, STATUS.versionUnknown);
  if (isProtocolUnknown === true) return refuseVersion(turn, STATUS.protocolUnknown);
  if (!(yield* authenticate(turn))) return "refused";
  const { rejectsWith } = turn.state.traits;
  if (rejectsWith !== undefined) return yield* rejectPeer(turn, rejectsWith);
  if (turn.state.nextMsgId > MAX_SESSION_MESSAGES)
    yield* endSession(turn, "the session has too many messages");
  if (!(yield* takeStatuses(turn))) return true;
  yield* workOffDelayed(turn);
  for (const command of commands) yield* handle(turn, command);
  return yield* endMessage(turn);
}

/** The peer tries again with a lower version; a session that is under way is not touched. */
function refuseVersion(turn: Turn, code: number): "refused" {
  refuseAll(turn, turn.message.commands, code);
  oweHeader(turn, code);
  if (turn.state.user === undefined) turn.state = { ...turn.state, phase: "done" };
  return "refused";
}

/** A peer that is not to be served. It hears so in each message. */
function* rejectPeer(turn: Turn, code: number): Work<"refused"> {
  refuseAll(turn, turn.message.commands, code);
  replaceHeader(turn, code);
  yield* endSession(turn, "a quirk rule refuses this peer");
  return "refused";
}

function* handle(turn: Turn, command: Command): Work<void> {
  const handler = HANDLERS[command.type] as Handler<Command>;
  yield* handler(turn, command);
}

/** In these the end of the client's package moves the session on. */
const HAS_PACKAGES: ReadonlySet<ServerPhase> = new Set(["init", "changes", "closing"]);

/** Moves on where the client's package is complete. @returns true where our answer may end our own package */
function* endMessage(turn: Turn): Work<boolean> {
  const { phase } = turn.state;
  if (!HAS_PACKAGES.has(phase)) return true;
  const isEnd = turn.state.isPackageComplete || saysEnd(turn);
  const mustWait = turn.state.delayed.length > 0;
  const isEndDoubted = turn.message.isFinal && !isEnd && phase === "changes";
  turn.state = { ...turn.state, isEndDoubted, isPackageComplete: isEnd && mustWait };
  if (mustWait) return false;
  return isEnd ? yield* endPackage(turn) : yield* goOn(turn);
}

/** Within a package of the peer. @returns true where our answer may end our own package */
function* goOn(turn: Turn): Work<boolean> {
  if (turn.state.isUnfinished && hasNothingToSay(turn)) return true;
  if (!isMereRequest(turn)) turn.state = { ...turn.state, idleMessages: 0 };
  else if (yield* endsIdleness(turn)) return true;
  return turn.state.phase === "closing" && turn.message.isFinal;
}

/** A peer that only asks for more has not finished its package 5, though it may say Final (Funambol): its Maps come. */
function saysEnd(turn: Turn): boolean {
  if (turn.state.isUnfinished && hasNothingToSay(turn)) return false;
  if (turn.state.phase !== "closing") return isPackageEnd(turn) || isSilentResume(turn);
  const { isFinal, commands } = turn.message;
  return isFinal && !isMereRequest(turn) && commands.every(({ type }) => type !== "sync");
}

/** Quirk(Symbian): after a resume it sends no Sync where it has no changes left, but asks for ours again and again. */
const isSilentResume = (turn: Turn): boolean =>
  turn.state.phase === "changes" &&
  turn.state.idleMessages >= MAX_SILENT_RESUME &&
  isMereRequest(turn) &&
  turn.state.datastores.some(({ stage, isResumed }) => stage === "open" && isResumed);

/** @returns true where our answer may end our own package */
function* endPackage(turn: Turn): Work<boolean> {
  const { phase, chunkIn } = turn.state;
  // What comes from the session before has its rest in package 3.
  if (phase !== "init" || chunkIn?.isResumed !== true) dropOpenChunk(turn);
  if (phase === "changes") return yield* planPackage(turn);
  if (phase === "init") return yield* endInit(turn);
  yield* finishAll(turn);
  return true;
}

/** @returns true where the session ends here, since the peer has asked for nothing too often */
function* endsIdleness(turn: Turn): Work<boolean> {
  const idleMessages = turn.state.idleMessages + 1;
  turn.state = { ...turn.state, idleMessages };
  if (idleMessages <= MAX_IDLE_MESSAGES) return false;
  yield* endSession(turn, "the peer asked for more again and again, and there was nothing");
  return true;
}

/**
 * Where the client sent its changes with its Alerts, ours follow at once. Where anchors did not match, or changes are
 * missing, they are awaited in the next package.
 */
function* endInit(turn: Turn): Work<boolean> {
  if (turn.state.devInf === undefined) askDevInf(turn);
  const open = turn.state.datastores.filter(({ stage }) => stage === "open");
  if (open.length > 0 && open.every(({ early }) => early === "taken"))
    return yield* planPackage(turn);
  turn.state = { ...turn.state, phase: "changes" };
  return true;
}

/** Commits all syncs. One that could not be committed is said by the Status of its Maps, if there are any. */
function* finishAll(turn: Turn): Work<void> {
  yield* implyStatuses(turn);
  for (const { uri, syncId, stage } of turn.state.datastores) {
    if (syncId === undefined || stage === "over") continue;
    const isCommitted = yield* perform({ type: "finish", syncId });
    if (!isCommitted) loseDatastore(turn, uri);
  }
  turn.state = { ...turn.state, phase: "done" };
}

function* handleMap(turn: Turn, command: MapCommand): Work<void> {
  const { target, source } = command;
  const datastore = findDatastore(turn.state, target.locUri, source.locUri);
  const refs = { targetRef: target.locUri, sourceRef: source.locUri };
  if (datastore?.syncId === undefined || isOver(datastore)) {
    owe(turn, command, datastore?.refusal ?? STATUS.notFound, refs);
    return;
  }
  if (command.mapItems.some(({ source }) => source.locUri.length > MAX_KEY_LENGTH)) {
    owe(turn, command, STATUS.uriTooLong, refs);
    return;
  }
  const pairs = command.mapItems.map(({ target, source }) => ({
    guid: toGuid(target.locUri),
    luid: toLuid(source.locUri),
  }));
  const status = yield* perform({ type: "map", syncId: datastore.syncId, pairs });
  owe(turn, command, status, refs);
}

function withPeerLimits(state: ServerState, { header }: Message): ServerState {
  const { maxMsgSize, maxObjSize } = header.meta ?? {};
  const peer = {
    ...state.peer,
    ...(maxMsgSize === undefined ? {} : { maxMsgSize }),
    ...(maxObjSize === undefined ? {} : { maxObjSize }),
  };
  return { ...state, peer };
}

/** @returns a handler that refuses the command, and what is in it with `inner` */
function refuseWith(code: number, inner = code): Handler<Command> {
  return function* (turn, command) {
    refuseAll(turn, [command], code, inner);
  };
}
