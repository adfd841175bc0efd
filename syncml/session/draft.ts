import { emptyMessageSizeBytes, encodedSizeBytes } from "../codec/size.ts";
import type { Command, Message, SyncHdr } from "../model/message.ts";
import type { Awaited, ServerState } from "./server-state.ts";
import type { SessionEnv } from "./turn.ts";

/**
 * Left for more behind header and its Status, whatever the peer's limit: a session whose messages carry nothing would
 * never end. Enough for one Alert or a piece of an item; it matters for limits of about 1 KB only.
 */
const MIN_ROOM_BYTES = 1024;

/** What a message has to keep to. */
export interface DraftLimits {
  readonly state: Pick<ServerState, "version" | "peer" | "traits">;
  readonly env: Pick<SessionEnv, "encoding" | "maxMsgSizeBytes">;
}

/** A message of ours while it is packed: numbers commands, counts bytes and keeps to the limit. */
export class Draft {
  readonly awaited: Record<string, Awaited> = {};
  readonly #turn: DraftLimits;
  readonly #header: SyncHdr;
  readonly #commands: Command[] = [];
  #room: number;
  #cmdId = 0;

  constructor(turn: DraftLimits, header: SyncHdr) {
    this.#turn = turn;
    this.#header = header;
    const { version, peer, traits } = turn.state;
    const theirs = Math.min(peer.maxMsgSize ?? Infinity, traits.maxMsgSize ?? Infinity);
    const limit = Math.min(theirs, turn.env.maxMsgSizeBytes);
    const empty = emptyMessageSizeBytes({ version, header }, turn.env.encoding);
    this.#room = limit - empty;
  }

  get commands(): readonly Command[] {
    return this.#commands;
  }

  /** Bytes that are left. */
  get room(): number {
    return this.#room;
  }

  /** True while nothing but at most so many Statuses is in: what does not fit then never will. */
  holdsOnlyStatuses(atMost: number): boolean {
    const { length } = this.#commands;
    return length <= atMost && this.#commands.every(({ type }) => type === "status");
  }

  takeCmdId(): string {
    return String(++this.#cmdId);
  }

  sizeOf(command: Command): number {
    return encodedSizeBytes(command, this.#turn.state.version, this.#turn.env.encoding);
  }

  /** Makes room for what goes into a Sync that is put in later. */
  reserve(bytes: number): void {
    this.#room -= bytes;
  }

  /** Puts a command in whose size has been reserved already. */
  put(command: Command): void {
    this.#commands.push(command);
  }

  /** Numbers a command and puts it in. @returns false where it does not fit; the first one always does */
  add(command: Command): boolean {
    const numbered = { ...command, cmdId: String(this.#cmdId + 1) };
    const bytes = this.sizeOf(numbered);
    if (bytes > this.#room && this.#commands.length > 0) return false;
    this.#cmdId += 1;
    this.#room -= bytes;
    this.#commands.push(numbered);
    if (this.#commands.length === 1) this.#room = Math.max(this.#room, MIN_ROOM_BYTES);
    this.#awaitStatus(numbered);
    return true;
  }

  await(cmdId: string, awaited: Awaited): void {
    this.awaited[`${String(this.#header.msgId)}/${cmdId}`] = awaited;
  }

  toMessage(isFinal: boolean): Message {
    const { version } = this.#turn.state;
    return { version, header: this.#header, commands: this.#commands, isFinal };
  }

  /** Of what goes out in packages 2 and 6 only the answers to our Alerts matter. */
  #awaitStatus(command: Command): void {
    const uri = command.type === "alert" ? command.items[0]?.source?.locUri : undefined;
    if (uri !== undefined) this.await(command.cmdId, { type: "alert", uri });
  }
}
