import type { AlertCommand, Item } from "../model/message.ts";
import type { SyncType } from "../model/sync-type.ts";
import type { OpenAnswer, OpenRequest } from "./ports.ts";
import { believedDevInf } from "../devinf/believed-dev-inf.ts";
import { ALERT_CODES, SYNC_ALERT_CODES } from "../spec/alert-codes.ts";
import { perform, type Work } from "./effects.ts";
import { suspendSession } from "./end-session.ts";
import type { DatastoreState, ServerState } from "./server-state.ts";
import { owe, refsOfItem, type Turn } from "./turn.ts";

const TYPE_OF_CODE = new Map<number, SyncType>(
  Object.entries(SYNC_ALERT_CODES).map(([type, code]) => [code, type as SyncType]),
);

const STATUS = {
  ok: 200,
  bad: 400,
  notAllowed: 405,
  notSupported: 406,
  refreshRequired: 508,
  cannotResume: 509,
} as const;

/** Alerts that change nothing: messages for people, results, the request for our next message. */
const NOTED = new Set<number>([ALERT_CODES.display, ALERT_CODES.result, ALERT_CODES.nextMessage]);

/** A sync type as it is asked for; `isResume` where the peer wants to go on with one that broke off. */
interface Asked {
  readonly syncType: SyncType;
  readonly isResume: boolean;
}

/** Works on an Alert: a sync type opens a datastore, everything else is noted or refused. */
export function* handleAlert(turn: Turn, alert: AlertCommand): Work<void> {
  const code = alert.code ?? ALERT_CODES.display;
  const asked = askedBy(code, turn.state);
  if (asked !== undefined) yield* openAll(turn, alert, asked);
  else if (code === ALERT_CODES.suspend && turn.state.version === "1.2") {
    owe(turn, alert, STATUS.ok);
    yield* suspendSession(turn);
  } else if (code === ALERT_CODES.noEndOfData) {
    turn.state = { ...turn.state, outbox: restarted(turn) };
    owe(turn, alert, STATUS.ok);
  } else owe(turn, alert, NOTED.has(code) ? STATUS.ok : STATUS.notSupported);
}

/**
 * Where the sync of the session that broke off is lost, both sides may still hold the anchors from before it: a resume
 * starts over from there. 509 makes libsynthesis, which asks to resume after every failure, take the type from our Alert;
 * 508 would make it a slow sync each time.
 */
function askedBy(code: number, { version, traits }: ServerState): Asked | undefined {
  if (code === ALERT_CODES.resume && version === "1.2")
    return { syncType: "twoWay", isResume: true };
  const named = TYPE_OF_CODE.get(code);
  const isOneWay = named === "oneWayFromClient" || named === "oneWayFromServer";
  const syncType = isOneWay && traits.oneWayIsTwoWay ? "twoWay" : named;
  return syncType === undefined ? undefined : { syncType, isResume: false };
}

/** 223: the peer lost a chunk of ours, so the item that is half sent is sent whole again. */
const restarted = (turn: Turn): Turn["state"]["outbox"] =>
  turn.state.outbox.map((item) => ({ ...item, sent: 0 }));

/** A sync is opened before changes are exchanged, never between them. */
function* openAll(turn: Turn, alert: AlertCommand, asked: Asked): Work<void> {
  const { phase } = turn.state;
  const isTime = phase === "init" || phase === "changes";
  if (!isTime) owe(turn, alert, STATUS.notAllowed);
  else if (alert.items.length === 0) owe(turn, alert, STATUS.bad);
  else for (const item of alert.items) yield* open(turn, alert, item, asked);
}

function* open(turn: Turn, alert: AlertCommand, item: Item, asked: Asked): Work<void> {
  const request = requestFor(turn, item, asked.syncType);
  if (request === undefined) {
    owe(turn, alert, STATUS.bad, refsOfItem(item));
    return;
  }
  if (asked.isResume && (yield* resume(turn, alert, item, request))) return;
  const { uri } = request;
  const before = turn.state.datastores.find((each) => each.uri === uri);
  if (before?.syncId !== undefined)
    yield* perform({ type: "abandon", syncId: before.syncId, reason: "the peer alerted it again" });
  const answer = yield* perform({ type: "open", request });
  const maxObjSize = item.meta?.maxObjSize;
  if (maxObjSize !== undefined)
    turn.state = { ...turn.state, peer: { ...turn.state.peer, maxObjSize } };
  const isRefreshed = answer.type === "opened" && answer.isRefreshRequired;
  const granted = asked.isResume ? STATUS.cannotResume : STATUS.ok;
  remember(turn, toDatastore(request, answer, isRefreshed));
  answerAlert(turn, alert, item, {
    answer,
    status: isRefreshed ? STATUS.refreshRequired : granted,
  });
}

/** @returns false where there is no sync to go on with */
function* resume(
  turn: Turn,
  alert: AlertCommand,
  item: Item,
  request: OpenEffectRequest,
): Work<boolean> {
  const resumed = yield* perform({ type: "resume", request });
  if (resumed === undefined) return false;
  const { opened, chunkIn } = resumed;
  remember(turn, { ...toDatastore(request, opened, false), early: "resumed", isResumed: true });
  if (chunkIn !== undefined)
    turn.state = { ...turn.state, chunkIn: { ...chunkIn, isResumed: true } };
  answerAlert(turn, alert, item, { answer: opened, status: STATUS.ok });
  return true;
}

/** @returns undefined where the Alert does not say which two datastores it means */
function requestFor(turn: Turn, item: Item, syncType: SyncType): OpenEffectRequest | undefined {
  const { user, deviceId, cardLabel, version, devInf, traits } = turn.state;
  const { target, source, meta } = item;
  if (target === undefined || source === undefined || user === undefined) return undefined;
  return {
    user,
    deviceId,
    version,
    // Quirk(Sony Ericsson C510): an empty Target means the datastore of the peer's own name.
    uri: target.locUri || source.locUri,
    peerUri: source.locUri,
    syncType,
    anchor: meta?.anchor ?? {},
    ...(cardLabel === undefined ? {} : { cardLabel }),
    traits,
    ...(devInf === undefined ? {} : { devInf: believedDevInf(devInf, traits) }),
  };
}

type OpenEffectRequest = Omit<OpenRequest, "session">;

function remember(turn: Turn, datastore: DatastoreState): void {
  const others = turn.state.datastores.filter((each) => each.uri !== datastore.uri);
  turn.state = { ...turn.state, datastores: [...others, datastore] };
}

function toDatastore(
  { uri, peerUri, syncType }: OpenEffectRequest,
  answer: OpenAnswer,
  isRefreshed: boolean,
): DatastoreState {
  const flags = {
    isRefreshed,
    early: "none",
    isResumed: false,
    hasSync: false,
    isPulled: false,
  } as const;
  const base = { uri, peerUri, count: 0, announced: 0, received: 0, ...flags };
  return answer.type === "refused"
    ? { ...base, stage: "over", syncType, refusal: answer.status }
    : { ...base, stage: "open", syncType: answer.syncType, syncId: answer.syncId };
}

/** Status with the peer's Next, then our own Alert with Source and Target swapped. SyncML Sync Protocol 1.1, 2.2. */
function answerAlert(
  turn: Turn,
  alert: AlertCommand,
  item: Item,
  opened: { readonly answer: OpenAnswer; readonly status: number },
): void {
  const { answer, status } = opened;
  if (answer.type === "refused") {
    owe(turn, alert, answer.status, refsOfItem(item));
    return;
  }
  const next = item.meta?.anchor?.next;
  const items: Item[] =
    next === undefined ? [] : [{ data: { type: "meta", meta: { anchor: { next } } } }];
  owe(turn, alert, status, { ...refsOfItem(item), items });
  turn.replies.push(alertFor(turn, item, answer));
}

function alertFor(
  turn: Turn,
  { source, target }: Item,
  answer: Extract<OpenAnswer, { readonly type: "opened" }>,
): AlertCommand {
  const peerUri = source?.locUri ?? "";
  const maxObjSize = turn.state.version === "1.0" ? {} : { maxObjSize: turn.env.maxObjSizeBytes };
  const item: Item = {
    ...(source === undefined ? {} : { target: { locUri: source.locUri } }),
    ...(target === undefined ? {} : { source: { locUri: target.locUri || peerUri } }),
    meta: { anchor: answer.anchor, ...maxObjSize },
  };
  return { type: "alert", cmdId: "", code: SYNC_ALERT_CODES[answer.syncType], items: [item] };
}
