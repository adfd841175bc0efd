import { randomUUID } from "node:crypto";
import {
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type Command,
  type DevInf,
  type Encoding,
  type Item,
  type Message,
  type StatusCommand,
  type SyncCommand,
} from "../../syncml/index.ts";

/** What carries a message to the service; a fault is injected by throwing {@link ConnectionLost} before or after. */
export type Exchange = (
  bytes: Uint8Array,
  contentType: string,
  url: string,
) => Promise<{ readonly httpStatus: number; readonly bytes: Uint8Array }>;

export class ConnectionLost extends Error {}

/** The client has sent Alert 224 in place of a message, and has gone. */
export class Suspended extends Error {}

export interface ScriptedClientOptions {
  readonly exchange: Exchange;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly deviceId: string;
  /** The client's own datastore and the service's. */
  readonly source: string;
  readonly target: string;
  readonly mediaType: string;
  readonly encoding?: Encoding;
  /** When the client's anchors move: with the final answer, or already when its Map has been sent. */
  readonly commitsOn?: "finalAnswer" | "mapSent";
  /** A client that never repeats a Map and does not know its GUIDs again: a known limit of every server. */
  readonly forgetsMaps?: boolean;
  /** Whether it answers 508 where our Last is not what it remembers. */
  readonly comparesOurLast?: boolean;
  readonly maxMsgSize?: number;
  /** So many of its own commands go into a message; all where absent. */
  readonly commandsPerMessage?: number;
  /** Longer items go in chunks of so many characters; none where absent. */
  readonly chunkLength?: number;
  /** What the client says of itself in each session. */
  readonly devInf?: DevInf;
  /** What the client makes of an item that it is sent; else it keeps all of it. */
  readonly keeps?: (text: string) => string;
  /** Replaces of a fast sync have only the fields that this picks out. */
  readonly fieldsOf?: (text: string) => string;
}

export interface SyncOutcome {
  /** The alert code that was in force. */
  readonly code: number;
  readonly statuses: readonly StatusCommand[];
  /** Commands that the service sent, as `Add`, `Replace`, `Delete` with the LUID or GUID. */
  readonly received: readonly string[];
  readonly serverAnchor: { readonly last?: string; readonly next?: string };
}

/** A change by the client's user since its last successful sync. */
type LocalChange = "added" | "changed" | "deleted";

/**
 * A SyncML 1.2 client of one datastore, by hand and in the open: every message of it can be lost, doubled or changed.
 * It is not the code under test and shares nothing with the service but the codec.
 */
export class ScriptedClient {
  readonly items = new Map<string, string>();
  readonly changes = new Map<string, LocalChange>();
  readonly #options: ScriptedClientOptions;
  /** Maps that the service has not confirmed, GUID to LUID: sent first in the next sync. */
  #pendingMaps = new Map<string, string>();
  /** LUIDs that a message of ours has named, whether it arrived or not. */
  readonly #offered = new Set<string>();
  #last: string | undefined;
  #serverNext: string | undefined;
  #luids = 0;
  #sessions = 0;
  /** The next sync suspends in place of its n-th message, from 1. */
  suspendAt: number | undefined;

  constructor(options: ScriptedClientOptions) {
    this.#options = options;
  }

  /** What the client would lose in a backup. */
  snapshot(): unknown {
    const { items, changes } = this;
    return structuredClone({
      items,
      changes,
      maps: this.#pendingMaps,
      last: this.#last,
      serverNext: this.#serverNext,
      luids: this.#luids,
    });
  }

  restore(snapshot: unknown): void {
    const kept = structuredClone(snapshot) as {
      items: Map<string, string>;
      changes: Map<string, LocalChange>;
      maps: Map<string, string>;
      last: string | undefined;
      serverNext: string | undefined;
      luids: number;
    };
    this.items.clear();
    for (const [luid, text] of kept.items) this.items.set(luid, text);
    this.changes.clear();
    for (const [luid, change] of kept.changes) this.changes.set(luid, change);
    this.#pendingMaps = kept.maps;
    this.#last = kept.last;
    this.#serverNext = kept.serverNext;
    this.#luids = kept.luids;
  }

  /** Factory reset: anchors gone, LUIDs start over, items as given. */
  reset(items: readonly string[]): void {
    this.restore({ items: new Map(), changes: new Map(), maps: new Map(), luids: 0 });
    for (const text of items) this.add(text);
  }

  add(text: string): string {
    const luid = String(++this.#luids);
    this.items.set(luid, text);
    this.changes.set(luid, "added");
    return luid;
  }

  change(luid: string, text: string): void {
    this.items.set(luid, text);
    if (this.changes.get(luid) !== "added") this.changes.set(luid, "changed");
  }

  delete(luid: string): void {
    this.items.delete(luid);
    if (this.#offered.has(luid)) this.changes.set(luid, "deleted");
    else this.changes.delete(luid);
  }

  luidOf(text: string): string {
    for (const [luid, own] of this.items) if (own === text) return luid;
    throw new Error(`no item with that text`);
  }

  async sync(code = 200, next: string = randomUUID()): Promise<SyncOutcome> {
    const session = new Conversation(this.#options, String(++this.#sessions), this.suspendAt);
    this.suspendAt = undefined;
    const init = await session.send(this.#init(session, code, next), true);
    const alert = init.commands.find((command) => command.type === "alert");
    const alertStatus = statusOf(init, "Alert");
    if (alert?.code === undefined) return this.#refused(code, session);
    const anchor = alert.items[0]?.meta?.anchor ?? {};
    const dislikes =
      this.#options.comparesOurLast === true &&
      alert.code === 200 &&
      anchor.last !== this.#serverNext;
    const effective = dislikes ? 201 : alert.code;
    if (effective === 201 && alertStatus === "508") this.#pendingMaps.clear();
    // A refresh that goes on has emptied the client before.
    if (effective === 205 && code !== 225) this.#empty();
    await this.#sendChanges(session, init, { code: effective, status: dislikes ? 508 : 200 });
    await session.readPackage();
    const received = this.#apply(session);
    const maps = this.#mapCommands(session);
    const { commitsOn } = this.#options;
    if (commitsOn === "mapSent" && !session.isLost) this.#commit(next, anchor.next, effective);
    if (this.#options.forgetsMaps === true) this.#pendingMaps.clear();
    await session.send([...session.owedStatuses(), ...maps], true);
    this.#pendingMaps.clear();
    if (session.isLost) return this.#refused(effective, session);
    this.#commit(next, anchor.next, effective);
    return { code: effective, statuses: session.statuses, received, serverAnchor: anchor };
  }

  #empty(): void {
    this.items.clear();
    this.changes.clear();
    this.#pendingMaps.clear();
  }

  #refused(code: number, session: Conversation): SyncOutcome {
    return { code, statuses: session.statuses, received: [], serverAnchor: {} };
  }

  /** In a one-way sync from the server our changes have not been asked for: they wait. */
  #commit(next: string, serverNext: string | undefined, code: number): void {
    this.#last = next;
    this.#serverNext = serverNext;
    if (code !== 204) this.changes.clear();
  }

  #init(session: Conversation, code: number, next: string): Command[] {
    const last = this.#last;
    const item: Item = {
      target: { locUri: this.#options.target },
      source: { locUri: this.#options.source },
      meta: { anchor: { ...(last === undefined ? {} : { last }), next } },
    };
    const alert: Command = { type: "alert", cmdId: session.nextCmdId(), code, items: [item] };
    const { devInf } = this.#options;
    if (devInf === undefined) return [alert];
    const told = { source: { locUri: "./devinf12" }, data: { type: "devInf", devInf } } as const;
    const meta = { type: "application/vnd.syncml-devinf+xml" };
    return [{ type: "put", cmdId: session.nextCmdId(), meta, items: [told] }, alert];
  }

  async #sendChanges(
    session: Conversation,
    init: Message,
    { code, status }: { readonly code: number; readonly status: number },
  ): Promise<void> {
    const { source, target } = this.#options;
    const first = [
      ...session.statusesFor(init, status),
      ...(code === 200 ? this.#mapCommands(session) : []),
    ];
    const groups = this.#inMessages(this.#itemCommands(session, code));
    for (const [at, commands] of groups.entries()) {
      const before = at === 0 ? first : session.owedStatuses();
      const cmdId = session.nextCmdId();
      const ends = { target: { locUri: target }, source: { locUri: source } };
      const sync: SyncCommand = { type: "sync", cmdId, ...ends, commands };
      await session.send([...before, sync], at === groups.length - 1);
    }
  }

  /** A chunk that is not the last one ends its message. @returns at least one group */
  #inMessages(commands: readonly Command[]): readonly (readonly Command[])[] {
    const most = this.#options.commandsPerMessage ?? Infinity;
    const groups: Command[][] = [[]];
    for (const command of commands) {
      const group = groups.at(-1) ?? [];
      group.push(command);
      const isPart = command.type !== "status" && "items" in command && command.items[0]?.moreData;
      if (isPart === true || group.length >= most) groups.push([]);
    }
    if (groups.length > 1 && groups.at(-1)?.length === 0) groups.pop();
    return groups;
  }

  #itemCommands(session: Conversation, code: number): Command[] {
    if (code === 204 || code === 205) return [];
    const isFull = code === 201 || code === 203;
    const luids = isFull ? [...this.items.keys()] : [...this.changes.keys()];
    return luids.flatMap((luid) => this.#itemCommand(session, luid, isFull));
  }

  #itemCommand(session: Conversation, luid: string, isFull: boolean): readonly Command[] {
    const cmdId = session.nextCmdId();
    const source = { locUri: luid };
    const text = this.items.get(luid);
    this.#offered.add(luid);
    if (text === undefined) return [{ type: "delete", cmdId, items: [{ source }] }];
    const type = isFull || this.changes.get(luid) === "changed" ? "replace" : "add";
    const fieldsOf = type === "replace" && !isFull ? this.#options.fieldsOf : undefined;
    const fields = fieldsOf === undefined ? {} : { fieldLevel: true };
    const chunks = chunksOf(fieldsOf?.(text) ?? text, this.#options.chunkLength ?? Infinity);
    return chunks.map((chunk, at) => {
      const size = chunks.length > 1 && at === 0 ? { size: Buffer.byteLength(text) } : {};
      const meta = { type: this.#options.mediaType, ...size, ...fields };
      const moreData = at < chunks.length - 1 ? { moreData: true } : {};
      const data = { type: "text" as const, text: chunk };
      return {
        type,
        cmdId: at === 0 ? cmdId : session.nextCmdId(),
        meta,
        items: [{ source, ...moreData, data }],
      };
    });
  }

  #mapCommands(session: Conversation): Command[] {
    if (this.#pendingMaps.size === 0) return [];
    const { source, target } = this.#options;
    const mapItems = [...this.#pendingMaps].map(([guid, luid]) => ({
      target: { locUri: guid },
      source: { locUri: luid },
    }));
    return [
      {
        type: "map",
        cmdId: session.nextCmdId(),
        target: { locUri: target },
        source: { locUri: source },
        mapItems,
      },
    ];
  }

  /** Applies what the service sent, in order, and owes a Status for each command. */
  #apply(session: Conversation): string[] {
    const received: string[] = [];
    let begun = "";
    for (const { message, command } of session.incoming) {
      if (command.type !== "sync") continue;
      session.owe(message, command, 200);
      for (const inner of command.commands) {
        if (inner.type !== "add" && inner.type !== "replace" && inner.type !== "delete") continue;
        for (const item of inner.items) {
          const text = begun + (item.data?.type === "text" ? item.data.text : "");
          begun = item.moreData === true ? text : "";
          if (item.moreData === true) session.owe(message, inner, 213);
          else received.push(this.#applyItem(session, { message, command: inner, item, text }));
        }
      }
    }
    return received;
  }

  #applyItem(session: Conversation, { message, command, item, text: sent }: IncomingItem): string {
    const text = this.#options.keeps?.(sent) ?? sent;
    if (command.type === "add") {
      const guid = item.source?.locUri ?? "";
      const isKnown = this.#pendingMaps.has(guid);
      if (!isKnown) {
        const luid = String(++this.#luids);
        this.items.set(luid, text);
        this.#pendingMaps.set(guid, luid);
        this.#offered.add(luid);
      }
      session.owe(message, command, isKnown ? 418 : 201);
      return `Add ${guid}`;
    }
    const luid = item.target?.locUri ?? "";
    const isThere = this.items.has(luid);
    session.owe(message, command, isThere ? 200 : command.type === "delete" ? 211 : 404);
    if (command.type === "delete") this.items.delete(luid);
    else if (isThere) this.items.set(luid, text);
    if (isThere && this.changes.get(luid) !== "added") this.changes.delete(luid);
    return `${command.type === "delete" ? "Delete" : "Replace"} ${luid}`;
  }
}

interface IncomingItem {
  readonly message: Message;
  readonly command: Command;
  readonly item: Item;
  /** All its chunks. */
  readonly text: string;
}

const chunksOf = (text: string, length: number): readonly string[] =>
  Array.from({ length: Math.max(1, Math.ceil(text.length / length)) }, (_, at) =>
    text.slice(at * length, (at + 1) * length),
  );

const statusOf = (message: Message, cmd: string): string | undefined => {
  const status = message.commands.find((each) => each.type === "status" && each.cmd === cmd);
  return status?.type === "status" ? String(status.code) : undefined;
};

/** Message and command counting of one session, and the statuses that it owes. */
class Conversation {
  readonly statuses: StatusCommand[] = [];
  incoming: { readonly message: Message; readonly command: Command }[] = [];
  readonly #options: ScriptedClientOptions;
  readonly #sessionId: string;
  #owed: StatusCommand[] = [];
  #msgId = 0;
  #cmdId = 0;
  #url: string;
  #lastReply: Message | undefined;

  readonly #suspendAt: number | undefined;

  constructor(options: ScriptedClientOptions, sessionId: string, suspendAt: number | undefined) {
    this.#options = options;
    this.#sessionId = sessionId;
    this.#url = options.url;
    this.#suspendAt = suspendAt;
  }

  /** Whether the service has said that it could not carry out what was sent. */
  get isLost(): boolean {
    return this.statuses.some(({ cmd, code }) => cmd === "Sync" && code >= 300);
  }

  nextCmdId(): string {
    return String(++this.#cmdId);
  }

  async send(commands: readonly Command[], isFinal: boolean): Promise<Message> {
    if (this.#suspendAt !== this.#msgId + 1) return this.#send(commands, isFinal);
    const status = { ...this.#headerStatus(), cmdId: this.nextCmdId() };
    await this.#send([status, this.#suspension()], true);
    throw new Suspended();
  }

  #suspension(): Command {
    const { source, target } = this.#options;
    const items = [{ target: { locUri: target }, source: { locUri: source } }];
    return { type: "alert", cmdId: this.nextCmdId(), code: 224, items };
  }

  async #send(commands: readonly Command[], isFinal: boolean): Promise<Message> {
    const bytes = encodeMessage(this.#message(commands, isFinal), this.#options.encoding ?? "xml");
    const contentType = `application/vnd.syncml+${this.#options.encoding ?? "xml"}`;
    this.#cmdId = 0;
    const answer = await this.#options.exchange(bytes, contentType, this.#url);
    if (answer.httpStatus !== 200) throw new Error(`HTTP ${String(answer.httpStatus)}`);
    const reply = decodeMessage(answer.bytes, contentType, DEFAULT_DECODE_LIMITS).message;
    this.#url = reply.header.respUri ?? this.#url;
    this.#take(reply);
    return reply;
  }

  /** Fetches the rest of the service's package. */
  async readPackage(): Promise<void> {
    while (this.#lastReply?.isFinal === false)
      await this.send([{ type: "alert", cmdId: this.nextCmdId(), code: 222, items: [] }], false);
  }

  owe(message: Message, command: Command, code: number): void {
    this.#owed.push(this.#status(message, command, code));
  }

  owedStatuses(): StatusCommand[] {
    const owed = [this.#headerStatus(), ...this.#owed];
    this.#owed = [];
    return owed.map((status) => ({ ...status, cmdId: this.nextCmdId() }));
  }

  /** Statuses for the server's package 2: its Alert, and whatever else it asked. */
  statusesFor(message: Message, alertStatus: number): StatusCommand[] {
    const owed = message.commands.flatMap((command) => {
      if (command.type === "status") return [];
      const code = command.type === "alert" ? alertStatus : command.type === "get" ? 404 : 200;
      return [this.#status(message, command, code)];
    });
    this.incoming = [];
    return [this.#headerStatus(), ...owed].map((status) => ({
      ...status,
      cmdId: this.nextCmdId(),
    }));
  }

  #take(reply: Message): void {
    this.#lastReply = reply;
    for (const command of reply.commands) {
      if (command.type === "status") this.statuses.push(command);
      this.incoming.push({ message: reply, command });
    }
  }

  #headerStatus(): StatusCommand {
    const { source, target } = this.#lastReply?.header ?? {
      source: { locUri: "" },
      target: { locUri: "" },
    };
    return {
      type: "status",
      cmdId: "0",
      msgRef: String(this.#lastReply?.header.msgId ?? 0),
      cmdRef: "0",
      cmd: "SyncHdr",
      targetRefs: [target.locUri],
      sourceRefs: [source.locUri],
      code: 200,
      items: [],
    };
  }

  #status(message: Message, command: Command, code: number): StatusCommand {
    const cmd = command.type.charAt(0).toUpperCase() + command.type.slice(1);
    return {
      type: "status",
      cmdId: "0",
      msgRef: String(message.header.msgId),
      cmdRef: command.cmdId,
      cmd,
      targetRefs: [],
      sourceRefs: [],
      code,
      items: [],
    };
  }

  #message(commands: readonly Command[], isFinal: boolean): Message {
    const { user, password, deviceId, url, maxMsgSize } = this.#options;
    const credentials = Buffer.from(`${user}:${password}`).toString("base64");
    return {
      version: "1.2",
      header: {
        sessionId: this.#sessionId,
        msgId: ++this.#msgId,
        target: { locUri: url },
        source: { locUri: deviceId, locName: user },
        cred: {
          meta: { type: "syncml:auth-basic", format: "b64" },
          data: { type: "text", text: credentials },
        },
        meta: { maxMsgSize: maxMsgSize ?? 100_000, maxObjSize: 4_000_000 },
      },
      commands,
      isFinal,
    };
  }
}
