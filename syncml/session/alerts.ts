import type { AlertCommand, Item } from "../model/message.ts";
import type { SyncType } from "../model/sync-type.ts";
import type { OpenAnswer } from "./ports.ts";
import { ALERT_CODES, SYNC_ALERT_CODES } from "../spec/alert-codes.ts";
import { perform, type Work } from "./effects.ts";
import { endSession } from "./end-session.ts";
import type { DatastoreState } from "./server-state.ts";
import { owe, type Turn } from "./turn.ts";

const TYPE_OF_CODE = new Map<number, SyncType>(
  Object.entries(SYNC_ALERT_CODES).map(([type, code]) => [code, type as SyncType]),
);

const STATUS = { ok: 200, bad: 400, notSupported: 406, refreshRequired: 508 } as const;

/** Alerts that change nothing: messages for people, results, the request for our next message. */
const NOTED = new Set<number>([ALERT_CODES.display, ALERT_CODES.result, ALERT_CODES.nextMessage]);

/** Works on an Alert: a sync type opens a datastore, everything else is noted or refused. */
export function* handleAlert(turn: Turn, alert: AlertCommand): Work<void> {
  const code = alert.code ?? ALERT_CODES.display;
  const syncType = TYPE_OF_CODE.get(code);
  if (syncType !== undefined) return yield* openAll(turn, alert, syncType, false);
  // A resume of what was not saved starts over: 508 and a slow sync.
  if (code === ALERT_CODES.resume && turn.state.version === "1.2")
    return yield* openAll(turn, alert, "slow", true);
  if (code === ALERT_CODES.suspend && turn.state.version === "1.2") {
    owe(turn, alert, STATUS.ok);
    return yield* endSession(turn, "the peer suspended the session");
  }
  if (code === ALERT_CODES.noEndOfData) turn.state = { ...turn.state, outbox: restarted(turn) };
  owe(
    turn,
    alert,
    NOTED.has(code) || code === ALERT_CODES.noEndOfData ? STATUS.ok : STATUS.notSupported,
  );
}

/** 223: the peer lost a chunk of ours, so the item that is half sent is sent whole again. */
const restarted = (turn: Turn): Turn["state"]["outbox"] =>
  turn.state.outbox.map((item) => ({ ...item, sent: 0 }));

function* openAll(
  turn: Turn,
  alert: AlertCommand,
  syncType: SyncType,
  isRefused: boolean,
): Work<void> {
  if (alert.items.length === 0) return owe(turn, alert, STATUS.bad);
  for (const item of alert.items) yield* open(turn, alert, item, { syncType, isRefused });
}

function* open(
  turn: Turn,
  alert: AlertCommand,
  item: Item,
  asked: { readonly syncType: SyncType; readonly isRefused: boolean },
): Work<void> {
  const uri = item.target?.locUri;
  const peerUri = item.source?.locUri;
  const { user, deviceId, cardLabel, version, devInf } = turn.state;
  if (uri === undefined || peerUri === undefined || user === undefined)
    return owe(turn, alert, STATUS.bad);
  const before = turn.state.datastores.find((each) => each.uri === uri);
  if (before?.syncId !== undefined)
    yield* perform({ type: "abandon", syncId: before.syncId, reason: "the peer alerted it again" });
  const anchor = item.meta?.anchor ?? {};
  const answer = yield* perform({
    type: "open",
    request: {
      user,
      deviceId,
      version,
      uri,
      peerUri,
      syncType: asked.syncType,
      anchor,
      ...(cardLabel === undefined ? {} : { cardLabel }),
      ...(devInf === undefined ? {} : { devInf }),
    },
  });
  const sizes = item.meta?.maxObjSize;
  if (sizes !== undefined)
    turn.state = { ...turn.state, peer: { ...turn.state.peer, maxObjSize: sizes } };
  remember(turn, toDatastore(uri, peerUri, asked.syncType, answer));
  answerAlert(turn, alert, item, { answer, isRefused: asked.isRefused });
}

function remember(turn: Turn, datastore: DatastoreState): void {
  const others = turn.state.datastores.filter((each) => each.uri !== datastore.uri);
  turn.state = { ...turn.state, datastores: [...others, datastore] };
}

function toDatastore(
  uri: string,
  peerUri: string,
  asked: SyncType,
  answer: OpenAnswer,
): DatastoreState {
  const base = { uri, peerUri, count: 0, hasSync: false, isPulled: false };
  return answer.type === "refused"
    ? { ...base, stage: "over", syncType: asked, refusal: answer.status }
    : { ...base, stage: "open", syncType: answer.syncType, syncId: answer.syncId };
}

/** Status with the peer's Next, then our own Alert with Source and Target swapped. SyncML Sync Protocol 1.1, 2.2. */
function answerAlert(
  turn: Turn,
  alert: AlertCommand,
  item: Item,
  opened: { readonly answer: OpenAnswer; readonly isRefused: boolean },
): void {
  const { answer } = opened;
  const next = item.meta?.anchor?.next;
  const refs = {
    ...(item.target === undefined ? {} : { targetRef: item.target.locUri }),
    ...(item.source === undefined ? {} : { sourceRef: item.source.locUri }),
  };
  if (answer.type === "refused") return owe(turn, alert, answer.status, refs);
  const isRefresh = answer.isRefreshRequired || opened.isRefused;
  const echo: Item[] =
    next === undefined ? [] : [{ data: { type: "meta", meta: { anchor: { next } } } }];
  owe(turn, alert, isRefresh ? STATUS.refreshRequired : STATUS.ok, { ...refs, items: echo });
  const maxObjSize = turn.state.version === "1.0" ? {} : { maxObjSize: turn.env.maxObjSizeBytes };
  turn.replies.push({
    type: "alert",
    cmdId: "",
    code: SYNC_ALERT_CODES[answer.syncType],
    items: [
      {
        ...(item.source === undefined ? {} : { target: { locUri: item.source.locUri } }),
        ...(item.target === undefined ? {} : { source: { locUri: item.target.locUri } }),
        meta: { anchor: answer.anchor, ...maxObjSize },
      },
    ],
  });
}
