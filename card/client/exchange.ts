import { concatBytes } from "../apdu/bytes.ts";
import { CHAINING_BIT, encodeCommand } from "../apdu/command-apdu.ts";
import type { CommandApdu } from "../apdu/command-apdu.ts";
import { decodeResponse } from "../apdu/response-apdu.ts";
import type { ResponseApdu } from "../apdu/response-apdu.ts";
import { formatStatusWord, SW } from "../apdu/status-word.ts";
import type { StatusWord } from "../apdu/status-word.ts";
import { COMMANDS } from "../commands/table.ts";
import type { CommandName } from "../commands/table.ts";
import { CardError } from "../errors.ts";
import type { CardErrorCode } from "../errors.ts";
import type { Transport } from "../transport/transport.ts";

/** What varies in a call of one command. P1 and P2 come from the table where it fixes them. */
export interface Call {
  readonly p1?: number;
  readonly p2?: number;
  readonly data?: Uint8Array;
}

const GET_RESPONSE = { cla: 0x00, ins: 0xc0, p1: 0x00, p2: 0x00, data: new Uint8Array() };
/** High bytes of status words that speak of the transport and not of the command. ISO 7816-4, 5.1.3. */
const MORE_IN_CARD = 0x61;
const WRONG_LE = 0x6c;
/** A SIM has done the command and wants to be asked for a proactive one. ETSI TS 102 221, 10.2.1. */
const PROACTIVE = 0x91;
/** Times that one command is asked about: an honest card needs three. */
const MOST_TURNS = 16;
/** No answer of the protocol has more than 248 bytes; one of a short command has 256. */
const MAX_ANSWER_BYTES = 256;

/**
 * Sends commands of the table over a transport and puts answers together that come in parts (61XX, 6CXX of T=0);
 * 91XX counts as 9000. Any other status word may come back from {@link Exchange.send}.
 */
export class Exchange {
  readonly #transport: Transport;
  /** Whether the PIN was verified in this session: a card that asks for it again was reset. */
  isVerified = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** @throws CardError of the transport, CARD_MALFORMED for an answer that is none */
  async send(name: CommandName, call: Call = {}, signal?: AbortSignal): Promise<ResponseApdu> {
    const { data = new Uint8Array() } = call;
    return this.#complete({ ...headOf(name, call), data, le: 256 }, signal);
  }

  /**
   * Sends data of any length as a chain. A chain that has begun is not broken off by `signal`.
   * @param segmentBytes what one segment may have
   * @returns the last segment's answer, or the first one that is not 9000
   */
  async sendChain(name: CommandName, call: Call, segmentBytes: number): Promise<ResponseApdu> {
    const { data = new Uint8Array() } = call;
    const head = headOf(name, call);
    let offset = 0;
    for (; data.length - offset > segmentBytes; offset += segmentBytes) {
      const segment = data.subarray(offset, offset + segmentBytes);
      const cla = head.cla | CHAINING_BIT;
      const answer = await this.#complete({ ...head, cla, data: segment });
      if (answer.sw !== SW.ok) return answer;
    }
    return this.#complete({ ...head, data: data.subarray(offset), le: 256 });
  }

  /** As {@link send}. @throws CardError also for any status word but 9000 and those in `alsoOk` */
  async sendOk(
    name: CommandName,
    call: Call = {},
    alsoOk: readonly StatusWord[] = [],
    signal?: AbortSignal,
  ): Promise<ResponseApdu> {
    return this.expectOk(name, await this.send(name, call, signal), alsoOk);
  }

  /** @throws CardError for any status word but 9000 and those in `alsoOk` */
  expectOk(
    name: CommandName,
    answer: ResponseApdu,
    alsoOk: readonly StatusWord[] = [],
  ): ResponseApdu {
    const { sw } = answer;
    if (sw === SW.ok || alsoOk.includes(sw)) return answer;
    const isForgotten = sw === SW.pinNotVerified && this.isVerified;
    const code = isForgotten ? "CARD_RESET" : (CODES.get(sw) ?? "CARD_STATUS_WORD");
    const details = { sw, ins: COMMANDS[name].ins };
    throw new CardError(code, `${name} was answered ${formatStatusWord(sw)}`, details);
  }

  async #complete(command: CommandApdu, signal?: AbortSignal): Promise<ResponseApdu> {
    let next = command;
    let data: Uint8Array = new Uint8Array();
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const answer = await this.#transmit(encodeCommand(next), signal);
      const kind = answer.sw >>> 8;
      if (kind !== WRONG_LE) data = concatBytes(data, answer.data);
      if (data.length > MAX_ANSWER_BYTES) throw malformed("an answer is too long");
      if (kind === MORE_IN_CARD) next = { ...GET_RESPONSE, le: leOf(answer.sw) };
      else if (kind === WRONG_LE) next = { ...next, le: leOf(answer.sw) };
      else return { data, sw: kind === PROACTIVE ? SW.ok : answer.sw };
    }
    throw malformed("an answer has no end");
  }

  async #transmit(bytes: Uint8Array, signal?: AbortSignal): Promise<ResponseApdu> {
    const answer = decodeResponse(await this.#transport.transmit(bytes, signal));
    if (!answer) throw new CardError("CARD_READER_LOST", "the answer was torn");
    return answer;
  }
}

const headOf = (
  name: CommandName,
  call: Call,
): { readonly cla: number; readonly ins: number; readonly p1: number; readonly p2: number } => {
  const spec = COMMANDS[name];
  return {
    cla: spec.cla,
    ins: spec.ins,
    p1: call.p1 ?? (typeof spec.p1 === "number" ? spec.p1 : 0),
    p2: call.p2 ?? (typeof spec.p2 === "number" ? spec.p2 : 0),
  };
};

const leOf = (sw: StatusWord): number => sw & 0xff || 256;

/** @returns the decoded answer @throws CardError CARD_MALFORMED where the decoder gave nothing */
export const expectDecoded = <Decoded>(
  name: CommandName,
  decoded: Decoded | undefined,
): Decoded => {
  if (decoded === undefined) throw malformed(`${name} was answered with other data`, name);
  return decoded;
};

/** @returns the error for an answer that breaks the protocol */
export const malformed = (detail: string, name?: CommandName): CardError =>
  new CardError("CARD_MALFORMED", detail, name ? { ins: COMMANDS[name].ins } : {});

const CODES: ReadonlyMap<StatusWord, CardErrorCode> = new Map([
  [SW.pinNotVerified, "CARD_PIN"],
  [SW.pinBlocked, "CARD_PIN"],
  [SW.transportPin, "CARD_PIN"],
  [SW.noOpenSync, "CARD_RESET"],
  [SW.unknownCla, "CARD_RESET"],
  [SW.full, "CARD_FULL"],
]);
