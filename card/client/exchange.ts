import { concatBytes } from "../apdu/bytes.ts";
import { CHAINING_BIT, encodeCommand } from "../apdu/command-apdu.ts";
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

const GET_RESPONSE = 0xc0;
const MORE_IN_CARD = 0x61;
const WRONG_LE = 0x6c;
/** Parts of one answer: at most 255 bytes each, and no answer has more than a page. */
const MOST_PARTS = 16;

/**
 * Sends commands of the table over a transport and puts answers together that come in parts (61XX, 6CXX of T=0).
 * Any status word may come back from {@link Exchange.send}.
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

  async #complete(
    command: Parameters<typeof encodeCommand>[0],
    signal?: AbortSignal,
  ): Promise<ResponseApdu> {
    let answer = await this.#transmit(encodeCommand(command), signal);
    if (answer.sw >>> 8 === WRONG_LE) {
      answer = await this.#transmit(encodeCommand({ ...command, le: leOf(answer.sw) }), signal);
    }
    const parts = [answer.data];
    while (answer.sw >>> 8 === MORE_IN_CARD) {
      if (parts.length === MOST_PARTS) throw malformed("an answer has no end");
      const rest = { cla: 0x00, ins: GET_RESPONSE, p1: 0, p2: 0, data: new Uint8Array() };
      answer = await this.#transmit(encodeCommand({ ...rest, le: leOf(answer.sw) }), signal);
      parts.push(answer.data);
    }
    return { data: concatBytes(...parts), sw: answer.sw };
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
