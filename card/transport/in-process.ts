import { CardError } from "../errors.ts";
import { COMMANDS } from "../commands/table.ts";
import { VirtualCard } from "../virtual/virtual-card.ts";
import type { RandomSource } from "../virtual/secret-cell.ts";
import type { FileNvm } from "./file-nvm.ts";
import type { NvmStats, TransportStats, VirtualTransport } from "./transport.ts";

/** Commands after which the file is also made safe against a loss of the computer's power. */
const DURABLE_INS: ReadonlySet<number> = new Set([COMMANDS.commitSync.ins, COMMANDS.wipe.ins]);

/** Speaks to a virtual card in this very process. What a command wrote is in its file before it is answered. */
export class InProcessTransport implements VirtualTransport {
  readonly #nvm: FileNvm;
  readonly #card: VirtualCard;
  #stats = { apdus: 0, bytesSent: 0, bytesReceived: 0 };
  #state: "open" | "broken" | "closed" = "open";

  constructor(nvm: FileNvm, random: RandomSource) {
    this.#nvm = nvm;
    this.#card = new VirtualCard(nvm, random);
    nvm.flush();
  }

  get transportStats(): TransportStats {
    return { ...this.#stats };
  }

  get nvmStats(): NvmStats {
    return this.#nvm.stats;
  }

  async transmit(command: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    this.#expectOpen();
    const response = await this.#guard(() => this.#exchange(command));
    this.#stats.apdus++;
    this.#stats.bytesSent += command.length;
    this.#stats.bytesReceived += response.length;
    return response;
  }

  async reset(): Promise<void> {
    this.#expectOpen();
    await this.#guard(() => {
      this.#card.reset();
      this.#nvm.flush();
    });
  }

  close(): Promise<void> {
    if (this.#state !== "closed") this.#nvm.close();
    this.#state = "closed";
    return Promise.resolve();
  }

  async #exchange(command: Uint8Array): Promise<Uint8Array> {
    const response = this.#card.transmit(command);
    if (this.#nvm.flush() && DURABLE_INS.has(command[1] ?? 0)) await this.#nvm.sync();
    return response;
  }

  /** A file that cannot be written has fallen behind the memory: this transport is of no use any more. */
  async #guard<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof CardError) throw cause;
      this.#state = "broken";
      throw new CardError("CARD_READER_LOST", "the card's file failed", { cause });
    }
  }

  #expectOpen(): void {
    if (this.#state !== "open") {
      throw new CardError("CARD_READER_LOST", `the transport is ${this.#state}`);
    }
  }
}
