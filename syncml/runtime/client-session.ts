import { randomBytes } from "node:crypto";
import { authTypeOf, ownCred, type AuthType } from "../auth/credentials.ts";
import { devInfUri } from "../devinf/build-dev-inf.ts";
import type { Encoding } from "../codec/content-type.ts";
import type { DevInf } from "../model/dev-inf.ts";
import type {
  AlertCommand,
  Chal,
  Command,
  Message,
  StatusCommand,
  SyncmlVersion,
} from "../model/message.ts";
import type { SyncType } from "../model/sync-type.ts";
import { ClientDraft, placeChange, type ClientLimits } from "../session/client-draft.ts";
import type { LocalDatastores, LocalOpenRequest } from "../session/client-ports.ts";
import type { ClientDatastore, ClientState } from "../session/client-state.ts";
import { toOutgoing } from "../session/outgoing-item.ts";
import { ALERT_CODES, SYNC_ALERT_CODES } from "../spec/alert-codes.ts";
import { ClientFailure } from "./client-failure.ts";
import { ClientIntake } from "./client-intake.ts";
import { ClientLine, expectGoingOn, type LineCount, type Post } from "./client-line.ts";

/** What is known of a server and of ourselves before the first message. */
export interface ClientSessionOptions extends ClientLimits {
  readonly url: string;
  readonly deviceId: string;
  readonly user: string;
  readonly password: string;
  readonly version: SyncmlVersion;
  readonly encoding: Encoding;
  readonly datastores: readonly LocalOpenRequest[];
  /** Ours; sent to a server that may not have it, or asks. */
  readonly devInf: (version: SyncmlVersion) => DevInf;
}

export interface ClientProgress {
  /** Our name of the datastore that is worked on; undefined before and after. */
  readonly datastore: string | undefined;
  readonly itemsSent: number;
  readonly itemsReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface ClientPorts {
  readonly post: Post;
  readonly local: LocalDatastores;
  readonly count: LineCount;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: ClientProgress) => void;
  /** What the server says of itself. */
  readonly onDevInf?: (devInf: DevInf) => void;
}

/** `again`: the server holds another anchor than was named: the next session names another one. */
export type ClientEnd = "done" | "again";

const CODE_OF: Readonly<Record<SyncType, number>> = SYNC_ALERT_CODES;
const REFUSED = 403;
const MAX_TRIES_TO_COME_IN = 3;
/** Answers without anything in them, in a row, after which the server is given up. */
const MAX_EMPTY = 20;
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * One session with a server, packages 1 to 6 of OMA DS 1.2. What was opened and did not succeed is given up in the end.
 * @throws ClientFailure where the session came to nothing
 */
export function runClientSession(
  options: ClientSessionOptions,
  ports: ClientPorts,
): Promise<ClientEnd> {
  return new ClientSession(options, ports).run();
}

class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #ports: ClientPorts;
  readonly #state: ClientState;
  readonly #line: ClientLine;
  readonly #intake: ClientIntake;
  #itemsSent = 0;
  #datastore: string | undefined;

  constructor(options: ClientSessionOptions, ports: ClientPorts) {
    const { version, encoding, deviceId, user, url } = options;
    this.#options = options;
    this.#ports = ports;
    this.#state = {
      version,
      encoding,
      sessionId: String(randomBytes(2).readUInt16BE() + 1),
      deviceId,
      user,
      serverUri: url,
      url,
      msgId: 0,
      peer: {},
      cred: this.#credOf("basic", undefined),
      datastores: [],
      awaited: new Map(),
      owed: [],
      chunkIn: undefined,
      serverDevInf: undefined,
    };
    const { post, count, signal, local } = ports;
    this.#line = new ClientLine(post, this.#state, { count, signal });
    this.#intake = new ClientIntake({
      state: this.#state,
      local,
      maxObjSizeBytes: options.maxObjSizeBytes,
      ownDevInf: (message, command) => this.#results(message, command),
    });
  }

  async run(): Promise<ClientEnd> {
    await this.#open();
    try {
      await this.#comeIn();
      if (!(await this.#settleAlerts())) {
        await this.#abandonAll("the server holds the anchor of another sync: it is asked again");
        return "again";
      }
      await this.#sendChanges();
      await this.#takeChanges();
      await this.#finish();
      return "done";
    } catch (error) {
      await this.#abandonAll(error instanceof ClientFailure ? error.message : "the session failed");
      throw error;
    } finally {
      await this.#ports.local.save();
    }
  }

  async #open(): Promise<void> {
    const { local } = this.#ports;
    for (const request of this.#options.datastores) {
      const opened = await local.open(request);
      if (opened.type === "refused") continue;
      const { syncId, syncType, anchor } = opened;
      const item = {
        target: { locUri: request.remoteUri },
        source: { locUri: request.name },
        meta: { anchor },
      };
      const alert: AlertCommand = {
        type: "alert",
        cmdId: "",
        code: CODE_OF[syncType],
        items: [item],
      };
      this.#state.datastores.push({
        name: request.name,
        remoteUri: request.remoteUri,
        syncId,
        alert,
        stage: "alerted",
        alertStatus: undefined,
        serverAlert: undefined,
        outbox: [],
        isPulled: false,
        hasSync: false,
        isSent: false,
        count: 0,
        hasEarlyMaps: false,
      });
    }
    await local.save();
    if (this.#state.datastores.length === 0)
      throw new ClientFailure("server", "None of the card's databases can be synchronized now.");
  }

  /** Package 1, again with other credentials where the server wants them, and all of package 2. */
  async #comeIn(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const reply = await this.#exchange(this.#package1(), true);
      const status = headerStatus(reply);
      if (status === undefined || status.code < 300) {
        await this.#readRest(reply);
        return;
      }
      expectGoingOn(status);
      if (tries === MAX_TRIES_TO_COME_IN || !this.#takeChallenge(status.chal, tries))
        throw new ClientFailure("auth", "The server does not take the user's name and password.");
      this.#state.awaited.clear();
      this.#state.owed = [];
      for (const store of this.#state.datastores) store.alertStatus = undefined;
    }
  }

  #package1(): ClientDraft {
    const draft = this.#draft();
    const { version, encoding, datastores } = this.#state;
    draft.add({
      type: "put",
      cmdId: "",
      meta: { type: `application/vnd.syncml-devinf+${encoding}` },
      items: [{ source: { locUri: devInfUri(version) }, data: this.#devInfData() }],
    });
    for (const store of datastores) draft.add(store.alert, { type: "alert", store });
    return draft;
  }

  #devInfData(): { readonly type: "devInf"; readonly devInf: DevInf } {
    return { type: "devInf", devInf: this.#options.devInf(this.#state.version) };
  }

  #results(message: Message, command: Command): Command {
    const { version, encoding } = this.#state;
    return {
      type: "results",
      cmdId: "",
      msgRef: String(message.header.msgId),
      cmdRef: command.cmdId,
      meta: { type: `application/vnd.syncml-devinf+${encoding}` },
      items: [{ source: { locUri: devInfUri(version) }, data: this.#devInfData() }],
    };
  }

  /** @returns false where the server wants what it has just refused */
  #takeChallenge(chal: Chal | undefined, tries: number): boolean {
    const type = chal?.meta.type === undefined ? "basic" : authTypeOf(chal.meta.type);
    if (type === undefined || type === "hmac") return false;
    if (type === "basic" && tries > 1) return false;
    this.#state.cred = this.#credOf(type, chal?.meta.nextNonce);
    return true;
  }

  #credOf(type: Exclude<AuthType, "hmac">, nonce: string | undefined): ClientState["cred"] {
    const { user: name, password, version } = this.#options;
    return ownCred(
      type,
      { name, password },
      { version, nonce: Buffer.from(nonce ?? "", "base64") },
    );
  }

  /** @returns false where the session is to end before anything is exchanged */
  async #settleAlerts(): Promise<boolean> {
    const { datastores, serverDevInf } = this.#state;
    if (serverDevInf !== undefined) this.#ports.onDevInf?.(serverDevInf);
    for (const store of datastores) if (!(await this.#settleAlert(store))) return false;
    await this.#ports.local.save();
    return true;
  }

  async #settleAlert(store: ClientDatastore): Promise<boolean> {
    const { local } = this.#ports;
    const { alertStatus = 0, serverAlert } = store;
    if (serverAlert === undefined || (alertStatus >= 300 && ![508, 509].includes(alertStatus))) {
      store.stage = "over";
      await local.abandon(
        store.syncId,
        `the server refused the datastore with Status ${String(alertStatus)}`,
      );
      return true;
    }
    const { code, anchor, status } = serverAlert;
    const syncType = typeOf(code);
    const verdict = await local.answered(store.syncId, { status: alertStatus, syncType, anchor });
    store.stage = verdict.type === "go" ? "open" : "over";
    const answer = verdict.type === "refuse" ? REFUSED : status.code;
    this.#state.owed = [...this.#state.owed, { ...status, code: answer }];
    return verdict.type !== "again";
  }

  /** Package 3: Statuses and early Maps, then each datastore's changes, in as many messages as they need. */
  async #sendChanges(): Promise<void> {
    for (const store of this.#openStores()) {
      const count = await this.#ports.local.prepare(store.syncId);
      if (count === undefined) store.stage = "over";
      else store.count = count;
    }
    for (;;) {
      const draft = this.#draft();
      const isAllOwed = draft.addOwed();
      const isDone = isAllOwed && (await this.#fill(draft));
      const reply = await this.#exchange(draft, isDone);
      if (!isDone) continue;
      await this.#readRest(reply);
      return;
    }
  }

  async #fill(message: ClientDraft): Promise<boolean> {
    for (const store of this.#openStores()) {
      if (store.isSent) continue;
      this.#datastore = store.name;
      if (!store.hasEarlyMaps) {
        const pairs = await this.#ports.local.mapsToSend(store.syncId);
        if (!message.addMap(store, pairs)) return false;
        store.hasEarlyMaps = true;
      }
      if (!(await this.#fillSync(message, store))) return false;
      store.isSent = true;
    }
    return true;
  }

  /** @returns true once all of the datastore's changes have left */
  async #fillSync(message: ClientDraft, store: ClientDatastore): Promise<boolean> {
    const { draft } = message;
    const shell = {
      type: "sync" as const,
      cmdId: draft.takeCmdId(),
      target: { locUri: store.remoteUri },
      source: { locUri: store.name },
      ...(store.hasSync || this.#state.version === "1.0" ? {} : { numberOfChanges: store.count }),
      commands: [],
    };
    const shellBytes = draft.sizeOf(shell);
    if (shellBytes > draft.room) return false;
    draft.reserve(shellBytes);
    const commands: Command[] = [];
    const isDone = await this.#fillItems(message, store, commands);
    if (commands.length === 0 && store.hasSync) return isDone;
    draft.put({ ...shell, commands });
    message.await(shell.cmdId, { type: "sync", store });
    store.hasSync = true;
    return isDone;
  }

  async #fillItems(
    message: ClientDraft,
    store: ClientDatastore,
    commands: Command[],
  ): Promise<boolean> {
    const { version, peer } = this.#state;
    for (;;) {
      const [item] = store.outbox;
      if (item === undefined) {
        if (!(await this.#pull(message, store))) return true;
        continue;
      }
      const placed = placeChange(message, { store, item, commands, version, peer });
      if (placed === "full" || placed === "chunk") return false;
      if (placed === "placed") this.#itemsSent += 1;
      else await this.#giveUp(store, item.ref);
    }
  }

  /** @returns false where nothing is left */
  async #pull(message: ClientDraft, store: ClientDatastore): Promise<boolean> {
    if (store.isPulled) return false;
    const room = Math.max(message.draft.room, 1);
    const { changes, isDone } = await this.#ports.local.nextChanges(store.syncId, room, NEVER);
    store.outbox = changes.map((change) => toOutgoing(store.name, change, this.#state.encoding));
    store.isPulled = isDone || changes.length === 0;
    return store.outbox.length > 0;
  }

  /** The server cannot take it in any message: it counts as refused. */
  async #giveUp(store: ClientDatastore, ref: number): Promise<void> {
    store.outbox = store.outbox.slice(1);
    await this.#ports.local.acknowledge(store.syncId, [{ ref, status: 416 }]);
  }

  /** Package 4 is in: what an earlier session left is settled; then our Statuses and Maps, and the server's last word. */
  async #takeChanges(): Promise<void> {
    const { local } = this.#ports;
    for (const store of this.#openStores())
      if (!(await local.endOfServerChanges(store.syncId))) store.stage = "over";
    const waiting = this.#openStores();
    if (await this.#hasNothingToSay(waiting)) return;
    for (let isDone = false; !isDone;) {
      const draft = this.#draft();
      isDone = draft.addOwed();
      while (isDone && waiting[0] !== undefined) {
        const pairs = await local.mapsToSend(waiting[0].syncId);
        if (!draft.addMap(waiting[0], pairs)) isDone = false;
        else waiting.shift();
      }
      const reply = await this.#exchange(draft, isDone);
      if (isDone) await this.#readRest(reply);
    }
  }

  /** A server that has sent no Sync awaits no package 5: SyncEvolution's has closed the session by then. */
  async #hasNothingToSay(stores: readonly ClientDatastore[]): Promise<boolean> {
    const isHeader = (command: Command): boolean =>
      command.type === "status" && command.cmdRef === "0";
    if (!this.#state.owed.every(isHeader)) return false;
    for (const { syncId } of stores)
      if ((await this.#ports.local.mapsToSend(syncId)).length > 0) return false;
    return true;
  }

  async #finish(): Promise<void> {
    for (const store of this.#openStores()) {
      store.stage = "over";
      await this.#ports.local.finish(store.syncId);
    }
    this.#datastore = undefined;
    this.#tell();
  }

  /** The rest of the server's package, asked for message by message. */
  async #readRest(first: Message): Promise<void> {
    let empty = 0;
    for (let reply = first; !reply.isFinal;) {
      const draft = this.#draft();
      draft.addOwed();
      draft.add({ type: "alert", cmdId: "", code: ALERT_CODES.nextMessage, items: [] });
      reply = await this.#exchange(draft, false);
      empty = reply.commands.every(({ type }) => type === "status") ? empty + 1 : 0;
      if (empty > MAX_EMPTY)
        throw new ClientFailure("server", "The server sends nothing, and no end.");
    }
  }

  #draft(): ClientDraft {
    if (this.#ports.signal?.aborted === true)
      throw new ClientFailure("stopped", "The sync was stopped; the next one goes on from there.");
    return new ClientDraft(this.#state, this.#options);
  }

  /** What is durable before a message leaves is what it speaks of. */
  async #exchange(draft: ClientDraft, isFinal: boolean): Promise<Message> {
    await this.#ports.local.save();
    const reply = await this.#line.send(draft.toMessage(isFinal));
    const status = headerStatus(reply);
    if (this.#state.msgId > MAX_TRIES_TO_COME_IN || (status?.code ?? 200) < 300)
      expectGoingOn(status);
    this.#keepNonce(status);
    await this.#intake.take(reply);
    this.#tell();
    return reply;
  }

  /** MD5 credentials are good for one message; a server that lets us in for the session wants none in the next. */
  #keepNonce(status: StatusCommand | undefined): void {
    if (status === undefined || status.code >= 300) return;
    const { chal } = status;
    const type = chal?.meta.type === undefined ? undefined : authTypeOf(chal.meta.type);
    if (status.code === 212) this.#state.cred = undefined;
    else if (type === "md5") this.#state.cred = this.#credOf("md5", chal?.meta.nextNonce);
  }

  #openStores(): ClientDatastore[] {
    return this.#state.datastores.filter(({ stage }) => stage === "open");
  }

  async #abandonAll(reason: string): Promise<void> {
    for (const store of this.#state.datastores) {
      if (store.stage === "over") continue;
      store.stage = "over";
      await this.#ports.local.abandon(store.syncId, reason);
    }
  }

  #tell(): void {
    const { bytesSent, bytesReceived } = this.#line.count;
    this.#ports.progress?.({
      datastore: this.#datastore,
      itemsSent: this.#itemsSent,
      itemsReceived: this.#intake.itemsReceived,
      bytesSent,
      bytesReceived,
    });
  }
}

const headerStatus = ({ commands }: Message): StatusCommand | undefined =>
  commands.find((command) => command.type === "status" && command.cmdRef === "0") as
    StatusCommand | undefined;

/** @returns two-way for a code that is none of a sync's: the intake takes no other */
const typeOf = (code: number): SyncType =>
  (Object.keys(SYNC_ALERT_CODES) as SyncType[]).find((type) => SYNC_ALERT_CODES[type] === code) ??
  "twoWay";
