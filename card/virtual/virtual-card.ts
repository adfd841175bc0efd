import { CHAINING_BIT, decodeCommand } from "../apdu/command-apdu.ts";
import type { CommandApdu } from "../apdu/command-apdu.ts";
import { encodeResponse } from "../apdu/response-apdu.ts";
import { SW } from "../apdu/status-word.ts";
import { toHex } from "../apdu/bytes.ts";
import {
  MAX_COMMAND_BYTES,
  MAX_RECORD_BYTES,
  MAX_RESPONSE_BYTES,
  MAX_SEGMENT_BYTES,
} from "../commands/limits.ts";
import { AID, encodeSelectInfo } from "../commands/select.ts";
import { lookUp } from "../commands/table.ts";
import type { CommandName, CommandSpec } from "../commands/table.ts";
import * as admin from "./admin-commands.ts";
import { CardState } from "./card-state.ts";
import { ok } from "./command.ts";
import type { Command, Handler, Reply } from "./command.ts";
import { PAYLOAD_BYTES } from "./layout.ts";
import type { Nvm } from "./nvm.ts";
import * as pin from "./pin-commands.ts";
import * as reading from "./read-commands.ts";
import { Refusal } from "./refusal.ts";
import type { RandomSource } from "./secret-cell.ts";
import * as sync from "./sync-commands.ts";
import { beginCreate, beginRevive, beginUpdate, deleteRecord, touch } from "./write-commands.ts";
import type { PendingWrite } from "./write-commands.ts";

type ChainedName = "create" | "update" | "revive";

const HANDLERS: Record<Exclude<CommandName, ChainedName | "select">, Handler> = {
  verify: pin.verify,
  changeReference: pin.changeReference,
  unblock: pin.unblock,
  getData: admin.getData,
  listDatabases: admin.listDatabases,
  startSync: sync.startSync,
  listChanges: sync.listChanges,
  read: reading.read,
  readImage: reading.readImage,
  delete: deleteRecord,
  touch,
  commitSync: sync.commitSync,
  prepareSync: sync.prepareSync,
  abortSync: sync.abortSync,
  listPeers: admin.listPeers,
  forgetPeer: admin.forgetPeer,
  wipe: admin.wipe,
  putLabel: admin.putLabel,
};

const BEGIN: Record<ChainedName, (card: CardState, command: Command) => PendingWrite> = {
  create: beginCreate,
  update: beginUpdate,
  revive: beginRevive,
};

const isChained = (name: CommandName): name is ChainedName => name in BEGIN;

/** A chain between two of its segments. */
interface Chain {
  readonly header: string;
  readonly write: PendingWrite;
}

/**
 * The card of PROTOCOL.md as a machine over a byte-array memory: bytes in, bytes out, no clock, no files. What it
 * remembers over {@link reset} is what it wrote. If the memory throws, power is gone: nothing but reset helps.
 */
export class VirtualCard {
  readonly #nvm: Nvm;
  readonly #random: RandomSource;
  #state: CardState;
  #isSelected = false;
  #chain: Chain | undefined;

  /** @throws CardError CARD_MALFORMED where the memory holds no card */
  constructor(nvm: Nvm, random: RandomSource) {
    this.#nvm = nvm;
    this.#random = random;
    this.#state = new CardState(nvm, random);
  }

  /** Power off and on: the open syncs, the PIN's state and a chain are gone. */
  reset(): void {
    this.#isSelected = false;
    this.#chain = undefined;
    this.#state = new CardState(this.#nvm, this.#random);
  }

  /** @returns the response APDU; a malformed command gets a status word like any other refusal */
  transmit(bytes: Uint8Array): Uint8Array {
    try {
      const apdu = decodeCommand(bytes);
      if (!apdu) throw new Refusal(SW.wrongLength);
      return encodeResponse(fitLe(this.#dispatch(apdu), apdu.le));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return encodeResponse({ data: new Uint8Array(), sw: error.sw });
    }
  }

  #dispatch(apdu: CommandApdu): Reply {
    const found = lookUp(apdu.cla & ~CHAINING_BIT, apdu.ins, apdu.p1, apdu.p2);
    if (found.type === "command" && found.name === "select") return this.#select(apdu);
    this.#expectContinuation(apdu);
    if (!this.#isSelected) throw new Refusal(SW.unknownCla);
    if (found.type !== "command") throw new Refusal(SW[found.type]);
    this.#expectAllowed(found.spec);
    return this.#run(found.name, found.spec, apdu);
  }

  #run(name: CommandName, spec: CommandSpec, apdu: CommandApdu): Reply {
    const hasMore = (apdu.cla & CHAINING_BIT) !== 0;
    if (hasMore && spec.isChainable !== true) throw new Refusal(SW.chainingUnsupported);
    if (apdu.data.length > (hasMore ? MAX_SEGMENT_BYTES : MAX_COMMAND_BYTES)) {
      throw new Refusal(SW.wrongLength);
    }
    const command = { ...apdu, le: apdu.le ?? 256, hasMore };
    if (isChained(name)) return this.#segment(name, command, headerOf(apdu));
    return name === "select" ? this.#select(apdu) : HANDLERS[name](this.#state, command);
  }

  /** Selecting begins a new session: the PIN is to be verified again and no sync is open. */
  #select(apdu: CommandApdu): Reply {
    this.#chain?.write.upload.drop();
    this.#chain = undefined;
    if (toHex(apdu.data) !== toHex(AID)) throw new Refusal(SW.noDatabase);
    this.#isSelected = true;
    const card = this.#state;
    card.openSyncs.clear();
    card.isPinVerified = false;
    card.isPukVerified = false;
    const half = Math.floor(card.layout.blockCount / 2) * PAYLOAD_BYTES;
    return ok(
      encodeSelectInfo({
        version: 0x0100,
        capabilities: 0,
        maxCommand: MAX_SEGMENT_BYTES,
        maxResponse: MAX_RESPONSE_BYTES,
        maxRecordBytes: Math.min(MAX_RECORD_BYTES, half),
        pinState: { isTransport: card.pin.isTransport, triesLeft: card.pin.triesLeft },
      }),
    );
  }

  #expectAllowed(spec: CommandSpec): void {
    const { isPinVerified, isPukVerified, pin: cell } = this.#state;
    const isAllowed =
      spec.needs === "nothing" || isPinVerified || (spec.needs === "pinOrPuk" && isPukVerified);
    if (!isAllowed) throw new Refusal(SW.pinNotVerified);
    if (spec.isWrite === true && cell.isTransport) throw new Refusal(SW.transportPin);
  }

  /** Anything but the next segment breaks a chain off: it gets 6883 and is not done. */
  #expectContinuation(apdu: CommandApdu): void {
    if (!this.#chain || this.#chain.header === headerOf(apdu)) return;
    this.#dropChain();
    throw new Refusal(SW.lastSegmentExpected);
  }

  #segment(name: ChainedName, command: Command, header: string): Reply {
    if (!this.#chain) {
      this.#chain = { header, write: BEGIN[name](this.#state, command) };
    } else if (command.data.length > this.#chain.write.upload.missing) {
      this.#dropChain();
      throw new Refusal(SW.wrongLength);
    } else {
      this.#chain.write.upload.append(command.data);
    }
    return command.hasMore ? ok() : this.#finishChain(this.#chain.write);
  }

  #finishChain(write: PendingWrite): Reply {
    if (write.upload.missing > 0) {
      this.#dropChain();
      throw new Refusal(SW.wrongLength);
    }
    this.#chain = undefined;
    return write.finish();
  }

  #dropChain(): void {
    this.#chain?.write.upload.drop();
    this.#chain = undefined;
  }
}

const headerOf = ({ ins, p1, p2 }: CommandApdu): string => toHex(Uint8Array.of(ins, p1, p2));

/** ISO 7816-4, 5.1.3: an Le that is too small for an answer that is no page is corrected by 6CXX. */
const fitLe = (reply: Reply, le: number | undefined): Reply =>
  le === undefined || reply.data.length <= le
    ? reply
    : { data: new Uint8Array(), sw: SW.wrongLe | reply.data.length };
