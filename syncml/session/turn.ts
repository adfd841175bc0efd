import type { Encoding } from "../codec/content-type.ts";
import type { DevInf } from "../model/dev-inf.ts";
import type { Chal, Command, Item, Message, StatusCommand } from "../model/message.ts";
import type { TraitsOf } from "../model/peer-traits.ts";
import type { ServerIdentity } from "../devinf/build-dev-inf.ts";
import type { ServerState } from "./server-state.ts";

/** What a session is told of the service that it belongs to. */
export interface SessionEnv {
  readonly encoding: Encoding;
  readonly maxMsgSizeBytes: number;
  readonly maxObjSizeBytes: number;
  readonly identity: ServerIdentity;
  readonly traitsOf: TraitsOf;
}

/** Learns the peer's DevInf, and how it is to be treated from now on. */
export function knowDevInf(turn: Turn, devInf: DevInf | undefined): void {
  const { state, env } = turn;
  const { alias, deviceId, version } = state;
  const known = devInf === undefined ? {} : { devInf };
  const facts = { deviceId, version, ...known, ...(alias === undefined ? {} : { alias }) };
  turn.state = { ...state, ...known, traits: env.traitsOf(facts) };
}

/** One message while it is worked on: the state that it changes, and what is owed for it. */
export interface Turn {
  readonly env: SessionEnv;
  readonly message: Message;
  state: ServerState;
  readonly statuses: StatusCommand[];
  /** True once the time for this message is over: what is in leaves. */
  isLate: boolean;
  /** Commands of ours that follow the statuses. */
  readonly replies: Command[];
}

/** Wire names of commands where they are not the tag with a capital. */
export const wireNameOf = (command: Command): string =>
  command.type === "unknown"
    ? command.name
    : command.type.charAt(0).toUpperCase() + command.type.slice(1);

export interface StatusDetails {
  /** Empty refs name nothing and are left out. */
  readonly sourceRef?: string;
  readonly targetRef?: string;
  readonly chal?: Chal;
  readonly items?: readonly Item[];
}

/** Owes a Status for a command; nothing where the peer wants none. CmdIDs are given when the message is packed. */
export function owe(turn: Turn, command: Command, code: number, details: StatusDetails = {}): void {
  const status = statusOwed(turn, command, details);
  if (status !== undefined) turn.statuses.push({ ...status, code });
}

/** @returns the Status for a command, its code still 0; undefined where the peer wants none */
export function statusOwed(
  turn: Turn,
  command: Command,
  details: StatusDetails = {},
): StatusCommand | undefined {
  if (command.noResp === true || turn.message.header.noResp === true) return undefined;
  return statusFor(turn.message, command.cmdId, wireNameOf(command), 0, details);
}

/** @returns the refs of a Status for one item */
export const refsOfItem = (
  item: Pick<Item, "target" | "source">,
): Pick<StatusDetails, "sourceRef" | "targetRef"> => ({
  ...(item.target === undefined ? {} : { targetRef: item.target.locUri }),
  ...(item.source === undefined ? {} : { sourceRef: item.source.locUri }),
});

/** Owes the Status for the SyncHdr, which comes first whatever else happens. */
export function oweHeader(turn: Turn, code: number, chal?: Chal): void {
  const { target, source } = turn.message.header;
  const details = {
    targetRef: target.locUri,
    sourceRef: source.locUri,
    ...(chal === undefined ? {} : { chal }),
  };
  turn.statuses.unshift(statusFor(turn.message, "0", "SyncHdr", code, details));
}

/** As {@link oweHeader}, in place of the Status that was owed before. */
export function replaceHeader(turn: Turn, code: number): void {
  const at = turn.statuses.findIndex(({ cmd }) => cmd === "SyncHdr");
  if (at >= 0) turn.statuses.splice(at, 1);
  oweHeader(turn, code);
}

// One row of a table in code: every argument is a column of the Status.
// eslint-disable-next-line max-params
export function statusFor(
  message: Message,
  cmdRef: string,
  cmd: string,
  code: number,
  details: StatusDetails,
): StatusCommand {
  const { sourceRef, targetRef, chal, items } = details;
  return {
    type: "status",
    cmdId: "",
    msgRef: String(message.header.msgId),
    cmdRef,
    cmd,
    targetRefs: targetRef === undefined ? [] : [targetRef],
    sourceRefs: sourceRef === undefined ? [] : [sourceRef],
    ...(chal === undefined ? {} : { chal }),
    code,
    items: items ?? [],
  };
}
