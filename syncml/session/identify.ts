import { authTypeOf, type OwnChal } from "../auth/credentials.ts";
import type { Chal, Command, Cred, StatusCommand } from "../model/message.ts";
import { perform, type Work } from "./effects.ts";
import { endSession } from "./end-session.ts";
import { MAX_OWN_TRIES } from "./limits.ts";
import type { ServerState } from "./server-state.ts";
import type { Turn } from "./turn.ts";

// The other direction: the peer asks who we are, by a challenge in its Status of our SyncHdr. Our next header has the
// credentials, and what the peer refused to look at is sent again with them.

const STATUS = { missing: 407, rejected: 401, forSession: 212, failure: 400 } as const;

/** Takes the peer's Status for our header. @returns false where our last message has to be sent again */
export function* takeHeaderStatus(turn: Turn, { code, chal }: StatusCommand): Work<boolean> {
  const wish = wishOf(chal);
  if (code < STATUS.failure) {
    yield* goOn(turn, code, wish);
    return true;
  }
  const isAsking = code === STATUS.missing || code === STATUS.rejected;
  if (isAsking && wish !== undefined && (yield* canSayAgain(turn, wish))) return false;
  yield* endSession(turn, `the peer refused our message with ${String(code)}`);
  return true;
}

function wishOf(chal: Chal | undefined): OwnChal | undefined {
  const type = authTypeOf(chal?.meta.type ?? "");
  return type && { type, nonce: chal?.meta.nextNonce ?? "" };
}

/** 212 holds for the session; else each message needs credentials, with the nonce that the peer gives each time. */
function* goOn(turn: Turn, code: number, wish: OwnChal | undefined): Work<void> {
  const { own, ...state } = turn.state;
  if (own === undefined && wish === undefined) return;
  if (own === undefined && state.canIdentify !== true) {
    if (wish !== undefined) yield* credentialsFor(turn, wish);
    return;
  }
  const isDone = own !== undefined && own.type !== "hmac" && code === STATUS.forSession;
  turn.state = isDone
    ? state
    : { ...state, own: { type: "basic", nonce: "", ...own, ...wish, tries: 0 } };
}

/** @returns false where we have no credentials, the peer does not take them, or too much has happened since */
function* canSayAgain(turn: Turn, wish: OwnChal): Work<boolean> {
  const { unheard = [], own, canIdentify } = turn.state;
  if (canIdentify !== true) yield* credentialsFor(turn, wish);
  const tries = (own?.tries ?? 0) + 1;
  if (unheard.length === 0 || tries > MAX_OWN_TRIES) return false;
  const backlog = [...unheard, ...turn.state.backlog];
  turn.state = { ...turn.state, backlog, unheard: [], own: { ...wish, tries } };
  return true;
}

/** Where none are set the runtime says so in the log. */
function* credentialsFor({ state }: Turn, chal: OwnChal): Work<Cred | undefined> {
  const { user, deviceId, version } = state;
  if (user === undefined) return undefined;
  return yield* perform({ type: "identify", user, deviceId, version, chal });
}

/** The credentials that our next header needs; none for HMAC, which stands in the transport. */
export function* ownCredOf(turn: Turn): Work<Cred | undefined> {
  const { own } = turn.state;
  if (own === undefined || own.type === "hmac") return undefined;
  return yield* credentialsFor(turn, own);
}

/** What the peer may refuse to look at before it knows us, without the Status of its header: up to its changes. */
export function unheardOf(
  { canIdentify }: ServerState,
  phase: ServerState["phase"],
  commands: readonly Command[],
): Pick<ServerState, "unheard"> {
  if (canIdentify !== true) return {};
  const isEarly = phase === "init" || phase === "changes";
  return { unheard: isEarly ? commands.slice(1) : [] };
}
