import type { Disposition, PcscRequest } from "./ipc.ts";
import type { PcscliteReader } from "./pcsclite.ts";
import { toTpdu } from "./tpdu.ts";

/** An extended response: 65536 bytes and a status word. */
const MAX_ANSWER_BYTES = 65_538;
const NOTHING = new Uint8Array();

/** Performs the requests for one reader, one after the other. */
export class ReaderQueue {
  readonly #reader: PcscliteReader;
  #protocol = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(reader: PcscliteReader) {
    this.#reader = reader;
  }

  /** @throws Error with PC/SC's text */
  perform(request: Exclude<PcscRequest, { readonly type: "ping" }>): Promise<Uint8Array> {
    const result = this.#last.then(() => this.#run(request));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #run(request: Exclude<PcscRequest, { readonly type: "ping" }>): Promise<Uint8Array> {
    if (request.type === "transmit") return this.#transmit(request.command);
    if (request.type === "disconnect") await this.#disconnect(request.disposition);
    else await this.#connect();
    return NOTHING;
  }

  async #connect(): Promise<void> {
    if (this.#reader.connected) await this.#disconnect("leave").catch(() => undefined);
    const { SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 } = this.#reader;
    const options = {
      share_mode: SCARD_SHARE_EXCLUSIVE,
      protocol: SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
    };
    this.#protocol = await new Promise<number>((done, failed) => {
      this.#reader.connect(options, settleBy(done, failed));
    });
  }

  #transmit(command: Uint8Array): Promise<Uint8Array> {
    return new Promise<Uint8Array>((done, failed) => {
      const bytes = Buffer.from(toTpdu(command, this.#protocol));
      this.#reader.transmit(bytes, MAX_ANSWER_BYTES, this.#protocol, settleBy(done, failed));
    });
  }

  async #disconnect(disposition: Disposition): Promise<void> {
    const { SCARD_RESET_CARD, SCARD_LEAVE_CARD } = this.#reader;
    const how = disposition === "reset" ? SCARD_RESET_CARD : SCARD_LEAVE_CARD;
    try {
      await new Promise<void>((done, failed) => {
        this.#reader.disconnect(how, settleBy(done, failed));
      });
    } finally {
      this.#reader.connected = false;
    }
  }
}

const settleBy =
  <Result>(done: (result: Result) => void, failed: (error: Error) => void) =>
  (error: Error | null | undefined, result?: Result): void => {
    if (error) failed(error);
    else done(result as Result);
  };
