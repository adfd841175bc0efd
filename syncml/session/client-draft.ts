import type { Command, Message, SyncHdr } from "../model/message.ts";
import { PLAIN_TRAITS } from "../model/peer-traits.ts";
import type { ClientAwaited, ClientDatastore, ClientState } from "./client-state.ts";
import { Draft } from "./draft.ts";
import { place } from "./outgoing-item.ts";
import type { MapPair } from "./ports.ts";
import type { OutgoingItem } from "./server-state.ts";

export interface ClientLimits {
  readonly maxMsgSizeBytes: number;
  readonly maxObjSizeBytes: number;
}

/** A message to the server while it is packed. What its Statuses will be about goes into the state as it is put in. */
export class ClientDraft {
  readonly draft: Draft;
  readonly #state: ClientState;

  /** @param state its MsgID counts on */
  constructor(state: ClientState, limits: ClientLimits) {
    this.#state = state;
    state.msgId += 1;
    const { version, peer, encoding } = state;
    const { maxMsgSizeBytes } = limits;
    this.draft = new Draft(
      { state: { version, peer, traits: PLAIN_TRAITS }, env: { encoding, maxMsgSizeBytes } },
      headerOf(state, limits),
    );
  }

  /** Puts a command in whose Status is of interest. @returns false where it does not fit */
  add(command: Command, awaited?: ClientAwaited): boolean {
    if (!this.draft.add(command)) return false;
    const cmdId = this.draft.commands.at(-1)?.cmdId;
    if (awaited !== undefined && cmdId !== undefined) this.await(cmdId, awaited);
    return true;
  }

  await(cmdId: string, awaited: ClientAwaited): void {
    this.#state.awaited.set(`${String(this.#state.msgId)}/${cmdId}`, awaited);
  }

  /** Statuses first. @returns false where some did not fit and wait */
  addOwed(): boolean {
    const { owed } = this.#state;
    for (const [at, command] of owed.entries()) {
      if (this.add(command)) continue;
      this.#state.owed = owed.slice(at);
      return false;
    }
    this.#state.owed = [];
    return true;
  }

  addMap(store: ClientDatastore, pairs: readonly MapPair[]): boolean {
    if (pairs.length === 0) return true;
    const mapItems = pairs.map(({ guid, luid }) => ({
      target: { locUri: guid },
      source: { locUri: luid },
    }));
    const ends = { target: { locUri: store.remoteUri }, source: { locUri: store.name } };
    return this.add({ type: "map", cmdId: "", ...ends, mapItems }, { type: "map", store, pairs });
  }

  toMessage(isFinal: boolean): Message {
    return this.draft.toMessage(isFinal);
  }
}

/** What came of placing an item: `tooBig` is one that the server cannot take at all. */
export type ClientPlaced = "placed" | "chunk" | "full" | "tooBig";

/** Less room than this is not worth a chunk, where the next message has more. */
const MIN_CHUNK_BYTES = 400;

/**
 * Puts an item into a Sync whose shell has been reserved.
 * @param commands of that Sync; the item is added to them
 */
export function placeChange(
  message: ClientDraft,
  {
    store,
    item,
    commands,
    version,
    peer,
  }: {
    readonly store: ClientDatastore;
    readonly item: OutgoingItem;
    readonly commands: Command[];
  } & Pick<ClientState, "version" | "peer">,
): ClientPlaced {
  if (Buffer.byteLength(item.text, "utf8") > (peer.maxObjSize ?? Infinity)) return "tooBig";
  const { draft } = message;
  const isOnlyOne = commands.length === 0 && draft.holdsOnlyStatuses(1);
  const canChunk = version !== "1.0" && (isOnlyOne || draft.room >= MIN_CHUNK_BYTES);
  const cmdId = draft.takeCmdId();
  const placed = place(item, draft, { cmdId, canChunk, isFromClient: true });
  if (placed.type === "full") return isOnlyOne ? "tooBig" : "full";
  draft.reserve(draft.sizeOf(placed.command));
  commands.push(placed.command);
  const isChunk = placed.type === "chunk";
  message.await(cmdId, { type: isChunk ? "chunk" : "item", store, ref: item.ref });
  const [, ...rest] = store.outbox;
  store.outbox = isChunk ? [{ ...item, sent: placed.sent }, ...rest] : rest;
  return isChunk ? "chunk" : "placed";
}

function headerOf(state: ClientState, { maxMsgSizeBytes, maxObjSizeBytes }: ClientLimits): SyncHdr {
  const { sessionId, msgId, serverUri, deviceId, user, cred, version } = state;
  return {
    sessionId,
    msgId,
    target: { locUri: serverUri },
    source: { locUri: deviceId, locName: user },
    ...(cred === undefined ? {} : { cred }),
    meta: {
      maxMsgSize: maxMsgSizeBytes,
      ...(version === "1.0" ? {} : { maxObjSize: maxObjSizeBytes }),
    },
  };
}
