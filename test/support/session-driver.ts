import { toGuid, toSessionToken, toSyncId } from "../../syncml/model/ids.ts";
import type { Command, Cred, Message, StatusCommand } from "../../syncml/model/message.ts";
import { PLAIN_TRAITS } from "../../syncml/model/peer-traits.ts";
import { newState } from "../../syncml/runtime/live-session.ts";
import { runWork, type EffectPorts, type FindLeft } from "../../syncml/runtime/perform.ts";
import type {
  Accounts,
  Datastores,
  Devices,
  ItemOperation,
  OpenAnswer,
  OpenRequest,
  OutgoingChange,
} from "../../syncml/session/ports.ts";
import { handleMessage } from "../../syncml/session/server.ts";
import type { ServerState } from "../../syncml/session/server-state.ts";
import type { SessionEnv } from "../../syncml/session/turn.ts";

/** What a fake datastore has for the peer, and how it answers. Keyed by the Alert's Target. */
export interface FakeDatastore {
  readonly changes?: readonly OutgoingChange[];
  readonly open?: Partial<Extract<OpenAnswer, { readonly type: "opened" }>>;
  readonly refusal?: 403 | 404 | 406 | 417 | 510;
  readonly isLost?: boolean;
  readonly isUncommittable?: boolean;
  readonly status?: number;
}

/** Datastores in memory that note every call as `name uri …`. */
export class FakeDatastores implements Datastores {
  readonly calls: string[] = [];
  readonly operations: ItemOperation[] = [];
  readonly #stores: Readonly<Record<string, FakeDatastore>>;
  readonly #given = new Map<string, number>();
  ctCaps = 0;
  /** Other names of the datastore that it describes. */
  isNamed: ((uri: string) => boolean) | undefined;

  constructor(stores: Readonly<Record<string, FakeDatastore>>) {
    this.#stores = stores;
  }

  describe(): ReturnType<Datastores["describe"]> {
    this.calls.push("describe");
    const type = { type: "text/vcard", version: "3.0" };
    const properties = Array.from({ length: this.ctCaps }, (_, at) => ({
      name: `X-P${String(at)}`,
    }));
    const ctCaps = [{ ctType: "text/vcard", verCt: "3.0", properties }];
    const named = this.isNamed === undefined ? {} : { isNamed: this.isNamed };
    const types = { rx: [type], tx: [type] };
    const store = { uri: "contacts", displayName: "Contacts", ...types, ctCaps, ...named };
    return Promise.resolve([store]);
  }

  open({ uri, syncType, anchor }: OpenRequest): Promise<OpenAnswer> {
    const store = this.#stores[uri];
    this.calls.push(`open ${uri} ${syncType}`);
    if (store === undefined) return Promise.resolve({ type: "refused", status: 404 });
    if (store.refusal !== undefined)
      return Promise.resolve({ type: "refused", status: store.refusal });
    return Promise.resolve({
      type: "opened",
      syncId: toSyncId(uri),
      syncType,
      isRefreshRequired: false,
      anchor: { ...(anchor.last === undefined ? {} : { last: "ours-0" }), next: "ours-1" },
      ...store.open,
    });
  }

  resume(uri: string, { anchor }: OpenRequest): ReturnType<Datastores["resume"]> {
    this.calls.push(`resume ${uri} ${anchor.next ?? ""}`);
    if (this.#of(uri).isLost === true) return Promise.resolve(undefined);
    return Promise.resolve({
      type: "opened",
      syncId: toSyncId(uri),
      syncType: "twoWay",
      isRefreshRequired: false,
      anchor: { last: "ours-0", next: "ours-1" },
      ...this.#of(uri).open,
    });
  }

  suspend(uri: string): void {
    this.calls.push(`suspend ${uri}`);
  }

  makeSlow(uri: string): Promise<boolean> {
    this.calls.push(`makeSlow ${uri}`);
    return Promise.resolve(this.#of(uri).isLost !== true);
  }

  apply(uri: string, all: readonly ItemOperation[], until: number): Promise<readonly number[]> {
    const operations = all.slice(0, until);
    this.calls.push(`apply ${uri} ${operations.map(({ type, luid }) => `${type}:${luid}`).join()}`);
    this.operations.push(...operations);
    const { status = 200, isLost } = this.#of(uri);
    return Promise.resolve(operations.map(() => (isLost === true ? 510 : status)));
  }

  map(uri: string, pairs: Parameters<Datastores["map"]>[1]): Promise<number> {
    this.calls.push(`map ${uri} ${pairs.map(({ guid, luid }) => `${guid}=${luid}`).join()}`);
    return Promise.resolve(200);
  }

  endOfChanges(uri: string, until: number): ReturnType<Datastores["endOfChanges"]> {
    this.calls.push(`endOfChanges ${uri}`);
    const { isLost, changes = [] } = this.#of(uri);
    if (until <= 0) return Promise.resolve({ type: "late" });
    return Promise.resolve(
      isLost === true ? { type: "lost" } : { type: "planned", count: changes.length },
    );
  }

  nextChanges(uri: string, maxBytes: number, until: number): ReturnType<Datastores["nextChanges"]> {
    const { changes = [] } = this.#of(uri);
    const from = this.#given.get(uri) ?? 0;
    let [to, bytes] = [from, 0];
    const last = Math.min(changes.length, from + until);
    for (; to < last && bytes < maxBytes; to++) {
      const change = changes[to];
      bytes += change === undefined || change.type === "delete" ? 50 : change.content.length;
    }
    this.#given.set(uri, to);
    const isDone = to >= changes.length;
    return Promise.resolve({
      changes: changes.slice(from, to),
      isDone,
      isLate: to - from >= until,
    });
  }

  changesLeave(uri: string): Promise<boolean> {
    this.calls.push(`changesLeave ${uri}`);
    return Promise.resolve(false);
  }

  acknowledge(uri: string, list: Parameters<Datastores["acknowledge"]>[1]): Promise<void> {
    const text = list.map(({ ref, status }) => `${String(ref)}:${String(status)}`).join();
    this.calls.push(`acknowledge ${uri} ${text}`);
    return Promise.resolve();
  }

  finish(uri: string): Promise<boolean> {
    this.calls.push(`finish ${uri}`);
    return Promise.resolve(this.#of(uri).isUncommittable !== true);
  }

  abandon(uri: string, reason: string): Promise<void> {
    this.calls.push(`abandon ${uri}: ${reason}`);
    return Promise.resolve();
  }

  #of(uri: string): FakeDatastore {
    return this.#stores[uri] ?? {};
  }
}

/** `me` with the password `secret`, by basic only. */
export function fakeAccounts(): Accounts {
  return {
    checkPassword: (user, password) => Promise.resolve(user === "me" && password === "secret"),
    admit: () => Promise.resolve(),
    noteCheck: () => undefined,
    access: () => Promise.resolve({ schemes: ["basic", "md5"] }),
    names: () => Promise.resolve(["me"]),
    nonces: () => Promise.resolve(undefined),
    offerNonce: (_device, fresh) => Promise.resolve(fresh),
    useNonce: () => Promise.resolve(undefined),
    reuseNonce: () => Promise.resolve(undefined),
    confirmNonce: () => Promise.resolve(),
    ownCredentials: () => Promise.resolve(undefined),
  };
}

export function fakeDevices(devInf?: Awaited<ReturnType<Devices["devInf"]>>): Devices {
  let kept = devInf;
  return {
    devInf: () => Promise.resolve(kept),
    saveDevInf: (_user, _device, next) => {
      kept = next;
      return Promise.resolve();
    },
  };
}

const basic = (user: string, password: string): Cred => ({
  meta: { type: "syncml:auth-basic", format: "b64" },
  data: { type: "text", text: Buffer.from(`${user}:${password}`).toString("base64") },
});

export const CRED = basic("me", "secret");
export const WRONG_CRED = basic("me", "wrong");

export interface DriverOptions {
  readonly stores?: Readonly<Record<string, FakeDatastore>>;
  readonly version?: Message["version"];
  readonly env?: Partial<SessionEnv>;
  readonly devInf?: Awaited<ReturnType<Devices["devInf"]>>;
  readonly deviceId?: string;
}

/** Drives {@link handleMessage} as a peer would, message by message, over fakes. */
export class SessionDriver {
  readonly datastores: FakeDatastores;
  readonly env: SessionEnv;
  state: ServerState;
  /** Operations and changes that each effect has time for: the fake datastores take it for their clock. */
  until = Infinity;
  /** What an earlier session of the peer has left. */
  left: ReturnType<FindLeft>;
  readonly #version: Message["version"];
  readonly #deviceId: string;
  readonly #ports: EffectPorts;
  #msgId = 0;

  constructor(options: DriverOptions = {}) {
    const { stores = { card: {} }, version = "1.2", env = {}, devInf, deviceId } = options;
    this.#deviceId = deviceId ?? "phone";
    this.#version = version;
    this.datastores = new FakeDatastores(stores);
    const identity = { devId: "cardsync", man: "m", mod: "m", swV: "1" };
    const sizes = { maxMsgSizeBytes: 10_000, maxObjSizeBytes: 100_000 };
    const traitsOf = (): typeof PLAIN_TRAITS => PLAIN_TRAITS;
    this.env = { encoding: "xml", ...sizes, identity, traitsOf, ...env };
    const devices = fakeDevices(devInf);
    const accounts = fakeAccounts();
    const random = (n: number): Uint8Array => new Uint8Array(n).fill(1);
    this.#ports = { datastores: this.datastores, accounts, devices, random };
    this.state = newState(this.message([]), "http://server/?s=token");
    this.#msgId = 0;
  }

  get calls(): readonly string[] {
    return this.datastores.calls;
  }

  message(
    commands: readonly Command[],
    { isFinal = true, ...header }: Partial<Message["header"]> & { readonly isFinal?: boolean } = {},
  ): Message {
    const msgId = ++this.#msgId;
    const ends = { target: { locUri: "http://server/" }, source: { locUri: this.#deviceId } };
    const cred = msgId === 1 ? { cred: CRED } : {};
    const whole = { sessionId: "1", msgId, ...ends, ...cred, ...header };
    return { version: this.#version, header: whole, commands, isFinal };
  }

  async take(message: Message): Promise<Message> {
    const origin = { remoteAddress: "10.0.0.1", body: new Uint8Array() };
    const { state, reply } = await runWork(
      handleMessage(this.state, message, this.env),
      this.#ports,
      { session: toSessionToken("token"), origin, findLeft: () => this.left, until: this.until },
    );
    // Between two messages a session is JSON.
    this.state = JSON.parse(JSON.stringify(state)) as ServerState;
    return reply;
  }

  send(commands: readonly Command[], more: Parameters<this["message"]>[1] = {}): Promise<Message> {
    return this.take(this.message(commands, more));
  }
}

/** Statuses of a message as `Cmd code`, with the refs where there are any. */
export const statusesOf = ({ commands }: Message): readonly string[] =>
  commands.flatMap((command) => (command.type === "status" ? [statusText(command)] : []));

const statusText = ({ cmd, code, sourceRefs, targetRefs }: StatusCommand): string =>
  [cmd, String(code), ...(cmd === "SyncHdr" ? [] : [...targetRefs, ...sourceRefs])].join(" ");

/** What is in a message besides statuses; items of a Sync as `Add id`, `Add id+` where more of it follows. */
export const contentsOf = ({ commands }: Message): readonly string[] =>
  commands.flatMap((command) => {
    if (command.type === "status") return [];
    if (command.type === "alert") return [`Alert ${String(command.code)}`];
    if (command.type !== "sync") return [command.type];
    const items = command.commands.flatMap((each) =>
      "items" in each
        ? each.items.map(
            ({ source, target, moreData }) =>
              `${each.type} ${source?.locUri ?? target?.locUri ?? ""}${moreData === true ? "+" : ""}`,
          )
        : [],
    );
    return [`Sync ${command.source?.locUri ?? ""}`, ...items];
  });

export const alert = (code: number, uri = "card", last?: string): Command => ({
  type: "alert",
  cmdId: "10",
  code,
  items: [
    {
      target: { locUri: uri },
      source: { locUri: "./pb" },
      meta: { anchor: { ...(last === undefined ? {} : { last }), next: "theirs-1" } },
    },
  ],
});

export const sync = (commands: readonly Command[] = [], uri = "card"): Command => ({
  type: "sync",
  cmdId: "20",
  target: { locUri: uri },
  source: { locUri: "./pb" },
  commands,
});

export const nextMessage: Command = { type: "alert", cmdId: "9", code: 222, items: [] };

export interface ItemShape {
  readonly text?: string;
  readonly moreData?: boolean;
  readonly size?: number;
  readonly format?: string;
}

export const change = (type: "add" | "replace", luid: string, shape: ItemShape = {}): Command => {
  const { text = "BEGIN:VCARD", moreData = false, ...meta } = shape;
  const item = { source: { locUri: luid }, meta: { type: "text/vcard", ...meta } };
  const more = moreData ? { moreData } : {};
  return {
    type,
    cmdId: `2${luid}`,
    items: [{ ...item, data: { type: "text", text }, ...more }],
  };
};

export const remove = (luid: string): Command => ({
  type: "delete",
  cmdId: `2${luid}`,
  items: [{ source: { locUri: luid } }],
});

/** The peer's Statuses for all that a message of ours has; `codes` by what {@link contentsOf} calls it, else 200. */
export function answersTo(
  { header, commands }: Message,
  codes: Readonly<Record<string, number>> = {},
): Command[] {
  const answer = (cmdRef: string, cmd: string, code = 200): StatusCommand => ({
    type: "status",
    cmdId: cmdRef,
    msgRef: String(header.msgId),
    cmdRef,
    cmd,
    targetRefs: [],
    sourceRefs: [],
    code,
    items: [],
  });
  const each = (command: Command): Command[] => {
    if (command.type === "status") return [];
    const inner = command.type === "sync" ? command.commands.flatMap(each) : [];
    const id = "items" in command ? command.items[0] : undefined;
    const key = id?.source?.locUri ?? id?.target?.locUri ?? command.type;
    return [answer(command.cmdId, command.type, codes[key] ?? codes[command.type]), ...inner];
  };
  return [answer("0", "SyncHdr", codes["header"]), ...commands.flatMap(each)];
}

/** An Add for the peer. @param size of its contents, characters */
export const outgoing = (ref: number, size = 100): OutgoingChange => ({
  type: "add",
  ref,
  guid: toGuid(`g${String(ref)}`),
  mediaType: "text/vcard",
  content: Buffer.from(String(ref % 10).repeat(size)),
});
