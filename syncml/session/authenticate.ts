import { perform, type CredResult, type Work } from "./effects.ts";
import { MAX_AUTH_FAILURES } from "./limits.ts";
import { refuseAll } from "./refuse-all.ts";
import { knowDevInf, oweHeader, type Turn } from "./turn.ts";

const STATUS = { ok: 200, accepted: 212, rejected: 401, missing: 407 } as const;

/**
 * Lets the peer in or refuses the whole message: then every command has the same Status and the answer a challenge.
 * Basic and MD5 hold for the session (212), HMAC for one message (200): of such a session a message without the right one
 * changes nothing. @returns true where the message may be worked on
 * @see SyncML Sync Protocol 1.1, 3 "Security"; shared reference syncml.md 3.3
 */
export function* authenticate(turn: Turn): Work<boolean> {
  const { user, isPerMessage } = turn.state;
  if (user !== undefined && isPerMessage !== true) {
    yield* confirmNonce(turn);
    oweHeader(turn, STATUS.ok);
    return true;
  }
  const result = yield* perform(verification(turn));
  if (result.type === "accepted") {
    yield* letIn(turn, result);
    return true;
  }
  const code = result.isMissing ? STATUS.missing : STATUS.rejected;
  refuseAll(turn, turn.message.commands, code);
  oweHeader(turn, code, result.chal);
  if (user === undefined) countFailure(turn);
  return false;
}

function verification({ message, state }: Turn): Parameters<typeof perform>[0] & {
  readonly type: "verifyCred";
} {
  const { cred, source } = message.header;
  return {
    type: "verifyCred",
    deviceId: state.deviceId,
    version: state.version,
    failures: state.authFailures,
    ...(state.user === undefined ? {} : { bound: state.user }),
    ...(cred === undefined ? {} : { cred }),
    ...(source.locName === undefined ? {} : { name: source.locName }),
  };
}

function* letIn(
  turn: Turn,
  result: Extract<CredResult, { readonly type: "accepted" }>,
): Work<void> {
  const { user, holds, chal, canIdentify } = result;
  const isForMessage = holds === "message";
  oweHeader(turn, isForMessage ? STATUS.ok : STATUS.accepted, chal);
  if (turn.state.user !== undefined) return;
  const devInf = yield* perform({ type: "loadDevInf", user, deviceId: turn.state.deviceId });
  knowDevInf(turn, devInf);
  turn.state = {
    ...turn.state,
    user,
    ...(isForMessage ? { isPerMessage: true } : chal === undefined ? {} : { isNonceOpen: true }),
    ...(canIdentify ? { canIdentify } : {}),
    // Who sends with HMAC wants it of us, too.
    ...(canIdentify && isForMessage ? { own: { type: "hmac", nonce: "", tries: 0 } } : {}),
  };
}

/** The device goes on: it has had the answer that brought the next nonce, so the old one is of no more use to it. */
function* confirmNonce(turn: Turn): Work<void> {
  const { isNonceOpen, ...state } = turn.state;
  if (isNonceOpen !== true) return;
  yield* perform({ type: "confirmNonce", deviceId: state.deviceId });
  turn.state = state;
}

function countFailure(turn: Turn): void {
  const authFailures = turn.state.authFailures + 1;
  const hasEnded = authFailures >= MAX_AUTH_FAILURES;
  turn.state = { ...turn.state, authFailures, ...(hasEnded ? { phase: "done" } : {}) };
}
