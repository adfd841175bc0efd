import { toGuid, toLuid } from "../model/ids.ts";
import type {
  AlertCommand,
  Command,
  Item,
  ItemCommand,
  DeleteCommand,
  GetPutCommand,
  Message,
  StatusCommand,
  SyncCommand,
} from "../model/message.ts";
import type { LocalDatastores, ServerOperation } from "../session/client-ports.ts";
import type { ClientDatastore, ClientState } from "../session/client-state.ts";
import { takeChunk } from "../session/incoming-chunk.ts";
import type { Acknowledgement } from "../session/ports.ts";
import { refsOfItem, statusFor, wireNameOf, type StatusDetails } from "../session/turn.ts";
import { SYNC_ALERT_CODES } from "../spec/alert-codes.ts";

const STATUS = {
  ok: 200,
  chunkTaken: 213,
  notFound: 404,
  notSupported: 406,
  notImplemented: 501,
  failed: 500,
} as const;
const CHUNK_TAKEN: ReadonlySet<number> = new Set([213, 214]);
const SYNC_CODES: ReadonlySet<number> = new Set(Object.values(SYNC_ALERT_CODES));
const DEV_INF_URI = /^(\.\/)?devinf1[012]$/i;

/** An item of the server's, ready to be worked on, and its Status, whose code is still open. */
interface Pending {
  readonly operation: ServerOperation;
  readonly status: StatusCommand;
}

/** Works on what a server has sent: Statuses, Alerts, its changes. What is owed for it goes into the state. */
export class ClientIntake {
  readonly #state: ClientState;
  readonly #local: LocalDatastores;
  readonly #maxObjSizeBytes: number;
  /** Answers a Get of our DevInf. */
  readonly #ownDevInf: (message: Message, command: Command) => Command;
  itemsReceived = 0;

  constructor(parts: {
    readonly state: ClientState;
    readonly local: LocalDatastores;
    readonly maxObjSizeBytes: number;
    readonly ownDevInf: (message: Message, command: Command) => Command;
  }) {
    this.#state = parts.state;
    this.#local = parts.local;
    this.#maxObjSizeBytes = parts.maxObjSizeBytes;
    this.#ownDevInf = parts.ownDevInf;
  }

  /** The Status of the header is the first that is owed. */
  async take(message: Message): Promise<void> {
    const { target, source } = message.header;
    const refs = { targetRef: target.locUri, sourceRef: source.locUri };
    this.#owe(statusFor(message, "0", "SyncHdr", STATUS.ok, refs));
    const limits = message.header.meta ?? {};
    this.#state.peer = {
      ...this.#state.peer,
      ...(limits.maxMsgSize === undefined ? {} : { maxMsgSize: limits.maxMsgSize }),
      ...(limits.maxObjSize === undefined ? {} : { maxObjSize: limits.maxObjSize }),
    };
    await this.#takeStatuses(message);
    for (const command of message.commands) await this.#takeCommand(message, command);
  }

  async #takeStatuses({ commands }: Message): Promise<void> {
    const acknowledged = new Map<ClientDatastore, Acknowledgement[]>();
    for (const command of commands) {
      if (command.type !== "status") continue;
      const key = `${command.msgRef}/${command.cmdRef}`;
      const awaited = this.#state.awaited.get(key);
      this.#state.awaited.delete(key);
      if (awaited === undefined) continue;
      const { store } = awaited;
      const { code } = command;
      if (awaited.type === "alert") store.alertStatus = code;
      else if (awaited.type === "sync" && code >= 300) await this.#lose(store, code);
      else if (awaited.type === "map" && code < 300)
        await this.#local.mapsAcknowledged(store.syncId, awaited.pairs);
      else if (awaited.type === "item" || (awaited.type === "chunk" && !CHUNK_TAKEN.has(code)))
        acknowledged.set(store, [
          ...(acknowledged.get(store) ?? []),
          { ref: awaited.ref, status: code },
        ]);
    }
    for (const [store, all] of acknowledged) await this.#local.acknowledge(store.syncId, all);
  }

  async #lose(store: ClientDatastore, code: number): Promise<void> {
    store.stage = "over";
    await this.#local.abandon(
      store.syncId,
      `the server refused our changes with Status ${String(code)}`,
    );
  }

  async #takeCommand(message: Message, command: Command): Promise<void> {
    switch (command.type) {
      case "status":
        return;
      case "alert":
        this.#takeAlert(message, command);
        return;
      case "sync":
        await this.#takeSync(message, command);
        return;
      case "get":
        this.#takeGet(message, command);
        return;
      case "put":
      case "results": {
        const [data] = command.items.flatMap(({ data: each }) =>
          each?.type === "devInf" ? [each.devInf] : [],
        );
        this.#state.serverDevInf = data ?? this.#state.serverDevInf;
        this.#status(message, command, STATUS.ok);
        return;
      }
      case "sequence":
        this.#status(message, command, STATUS.ok);
        for (const inner of command.commands) await this.#takeCommand(message, inner);
        return;
      case "exec":
      case "search":
        this.#status(message, command, STATUS.notImplemented);
        return;
      case "add":
      case "replace":
      case "copy":
      case "move":
      case "delete":
      case "map":
      case "atomic":
      case "unknown":
        this.#status(message, command, STATUS.notSupported);
    }
  }

  #takeGet(message: Message, command: GetPutCommand): void {
    const asked = command.items[0]?.target?.locUri ?? "";
    const isKnown = DEV_INF_URI.test(asked);
    this.#status(message, command, isKnown ? STATUS.ok : STATUS.notFound, { targetRef: asked });
    if (isKnown) this.#owe(this.#ownDevInf(message, command));
  }

  /** The one that names a type of sync is answered once it is known whether we go along. */
  #takeAlert(message: Message, command: AlertCommand): void {
    const [item] = command.items;
    const store = this.#storeOf(item);
    const { code = 0 } = command;
    if (!SYNC_CODES.has(code) || store?.stage !== "alerted") {
      this.#status(
        message,
        command,
        store === undefined && SYNC_CODES.has(code) ? STATUS.notFound : STATUS.ok,
      );
      return;
    }
    const anchor = item?.meta?.anchor ?? {};
    const refs = item === undefined ? {} : refsOfItem(item);
    const next =
      anchor.next === undefined
        ? {}
        : { items: [{ data: { type: "meta" as const, meta: { anchor: { next: anchor.next } } } }] };
    const status = statusFor(message, command.cmdId, "Alert", STATUS.ok, { ...refs, ...next });
    store.serverAlert = { code, anchor, status };
  }

  #storeOf(item: Pick<Item, "target" | "source"> | undefined): ClientDatastore | undefined {
    const { datastores } = this.#state;
    const plain = (uri: string | undefined): string => (uri ?? "").replace(/^\.?\/+/, "");
    return (
      datastores.find(({ name }) => plain(name) === plain(item?.target?.locUri)) ??
      datastores.find(({ remoteUri }) => plain(remoteUri) === plain(item?.source?.locUri))
    );
  }

  async #takeSync(message: Message, command: SyncCommand): Promise<void> {
    const store = this.#storeOf(command);
    const refs = refsOfItem({
      ...(command.target === undefined ? {} : { target: command.target }),
      ...(command.source === undefined ? {} : { source: command.source }),
    });
    const isOpen = store?.stage === "open";
    this.#status(message, command, isOpen ? STATUS.ok : STATUS.notFound, refs);
    const pending = command.commands.flatMap((inner) =>
      isOpen ? this.#pendingOf(message, store, inner) : this.#refused(message, inner),
    );
    if (isOpen) await this.#work(store, pending);
  }

  #refused(message: Message, command: Command): readonly Pending[] {
    this.#status(message, command, STATUS.notFound);
    return [];
  }

  #pendingOf(message: Message, store: ClientDatastore, command: Command): readonly Pending[] {
    if (command.type === "sequence") {
      this.#status(message, command, STATUS.ok);
      return command.commands.flatMap((inner) => this.#pendingOf(message, store, inner));
    }
    if (command.type === "delete")
      return command.items.map((item) => this.#pendingDelete(message, command, item));
    if (command.type === "add" || command.type === "replace")
      return command.items.flatMap((item) => this.#pendingPut(message, store, { command, item }));
    this.#status(message, command, STATUS.notSupported);
    return [];
  }

  #pendingDelete(message: Message, command: DeleteCommand, item: Item): Pending {
    const operation = { type: "delete" as const, luid: toLuid(item.target?.locUri ?? "") };
    return { operation, status: this.#open(message, command, item) };
  }

  #pendingPut(
    message: Message,
    store: ClientDatastore,
    { command, item }: { readonly command: ItemCommand; readonly item: Item },
  ): readonly Pending[] {
    const status = this.#open(message, command, item);
    const id = item.target?.locUri ?? item.source?.locUri ?? "";
    const source = { uri: store.name, luid: id, command, item };
    const { chunkIn } = this.#state;
    const isSame =
      chunkIn?.uri === source.uri && chunkIn.luid === id && chunkIn.type === command.type;
    const taken = takeChunk(source, isSame ? chunkIn : undefined, this.#maxObjSizeBytes);
    this.#state.chunkIn = taken.type === "whole" ? undefined : taken.chunk;
    if (taken.type !== "whole") {
      this.#owe({ ...status, code: taken.status });
      return [];
    }
    const { content, mediaType } = taken;
    const body = { content, ...(mediaType === undefined ? {} : { mediaType }) };
    const luid = item.target?.locUri;
    if (command.type === "replace" && luid !== undefined)
      return [{ operation: { type: "replace", luid: toLuid(luid), ...body }, status }];
    return [
      { operation: { type: "add", guid: toGuid(item.source?.locUri ?? id), ...body }, status },
    ];
  }

  async #work(store: ClientDatastore, pending: readonly Pending[]): Promise<void> {
    const operations = pending.map(({ operation }) => operation);
    const results = await this.#local.apply(store.syncId, operations, Number.MAX_SAFE_INTEGER);
    this.itemsReceived += results.length;
    for (const [at, { status }] of pending.entries())
      this.#owe({ ...status, code: results[at]?.status ?? STATUS.failed });
  }

  #open(message: Message, command: Command, item: Item): StatusCommand {
    return statusFor(message, command.cmdId, wireNameOf(command), 0, refsOfItem(item));
  }

  #status(message: Message, command: Command, code: number, refs: StatusDetails = {}): void {
    if (command.type !== "unknown" && command.noResp === true) return;
    this.#owe(statusFor(message, command.cmdId, wireNameOf(command), code, refs));
  }

  #owe(command: Command): void {
    this.#state.owed = [...this.#state.owed, command];
  }
}
