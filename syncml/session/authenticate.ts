import { perform, type Work } from "./effects.ts";
import { refuseAll } from "./refuse-all.ts";
import { oweHeader, type Turn } from "./turn.ts";

const MAX_FAILURES = 3;

const STATUS = { ok: 200, accepted: 212, rejected: 401, missing: 407 } as const;

/**
 * Lets the peer in or refuses the whole message: then every command has the same Status and the answer a challenge.
 * Basic and MD5 hold for the session (212). @returns true where the message may be worked on
 * @see SyncML Sync Protocol 1.1, 3 "Security"; shared reference syncml.md 3.3
 */
export function* authenticate(turn: Turn): Work<boolean> {
  const { header } = turn.message;
  if (turn.state.user !== undefined) {
    oweHeader(turn, STATUS.ok);
    return true;
  }
  const result = yield* perform({
    type: "verifyCred",
    deviceId: turn.state.deviceId,
    version: turn.state.version,
    failures: turn.state.authFailures,
    ...(header.cred === undefined ? {} : { cred: header.cred }),
    ...(header.source.locName === undefined ? {} : { name: header.source.locName }),
  });
  if (result.type === "accepted") {
    const { user } = result;
    const devInf = yield* perform({ type: "loadDevInf", user, deviceId: turn.state.deviceId });
    turn.state = { ...turn.state, user, ...(devInf === undefined ? {} : { devInf }) };
    oweHeader(turn, STATUS.accepted, result.chal);
    return true;
  }
  const code = result.isMissing ? STATUS.missing : STATUS.rejected;
  refuseAll(turn, turn.message.commands, code);
  oweHeader(turn, code, result.chal);
  const authFailures = turn.state.authFailures + 1;
  const hasEnded = authFailures >= MAX_FAILURES;
  turn.state = { ...turn.state, authFailures, ...(hasEnded ? { phase: "done" } : {}) };
  return false;
}
