import type { Logger } from "pino";
import { CardError, PimCard, type Transport } from "../../card/index.ts";
import {
  ALL_PIN_TRIES,
  type LockedCard,
  openSession,
  type OpenOutcome,
} from "../bridge/card-session.ts";
import type { CardShelf } from "../bridge/card-shelf.ts";
import { HeldCard } from "../bridge/held-card.ts";
import type { PinSource } from "./card-source.ts";

/** What is known of the card in a reader. */
export type SlotState =
  | { readonly type: "opening" }
  | { readonly type: "open"; readonly held: HeldCard }
  | LockedCard
  /** Another program has it: we come back. */
  | { readonly type: "busy" }
  | { readonly type: "failed"; readonly error: unknown };

/** What a person has changed on a card; absent where it stays. */
export interface NewSecrets {
  readonly pin?: string;
  readonly puk?: string;
}

export interface SlotParts {
  readonly reader: string;
  readonly connect: () => Promise<Transport>;
  readonly pins: PinSource;
  readonly shelf: CardShelf;
  readonly log: Logger;
  readonly idleMs?: number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * One stay of a card in a reader: `opening`, then `open` on the shelf, or a reason why not. The service tries a PIN by
 * itself only while all tries are left, so a wrong one is tried once and no more, in any reader, by any process.
 */
export class CardSlot {
  readonly #parts: SlotParts;
  #state: SlotState = { type: "opening" };
  #isGone = false;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(parts: SlotParts) {
    this.#parts = parts;
    void this.#alone(() => this.#open());
  }

  get state(): SlotState {
    return this.#state;
  }

  /** Resolves when nothing is being done with the card. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /**
   * Opens the card with a PIN that a person gave.
   * @param fewestTries 1 lets the last try be spent
   * @returns the state that came of it; nothing is tried where the card is open or fewer tries are left
   */
  unlock(pin: string, fewestTries: number): Promise<SlotState> {
    return this.#alone(async () => {
      if (this.#state.type !== "open") await this.#open({ pin, fewestTries });
      return this.#state;
    });
  }

  /**
   * Runs `work` on the card's secrets, be it open or only selected. A PIN that comes of it is the card's from now on.
   * @returns the state that came of it
   */
  withSecrets(work: (card: PimCard) => Promise<NewSecrets>): Promise<SlotState> {
    return this.#alone(async () => {
      const isOpen = this.#state.type === "open";
      const { pin, puk } = isOpen ? await this.#onOpenCard(work) : await this.#onLockedCard(work);
      const { pins, reader } = this.#parts;
      if (puk !== undefined) pins.keepPuk?.(reader, puk);
      if (this.#state.type !== "open")
        await this.#open(pin === undefined ? undefined : { pin, fewestTries: ALL_PIN_TRIES });
      return this.#state;
    });
  }

  async #onOpenCard(work: (card: PimCard) => Promise<NewSecrets>): Promise<NewSecrets> {
    if (this.#state.type !== "open") return {};
    const { held } = this.#state;
    try {
      const secrets = await held.run(work);
      if (secrets.pin === undefined) return secrets;
      held.usePin(secrets.pin);
      this.#parts.pins.wasRight(this.#parts.reader, secrets.pin);
      return secrets;
    } finally {
      // A wrong try, like a new PIN, ends the state in which the card takes commands.
      await held.forgetSession();
      await this.#giveTriesBack(held);
    }
  }

  /** The right PIN, given again, undoes a person's wrong try: a process that comes later would not try it by itself. */
  async #giveTriesBack(held: HeldCard): Promise<void> {
    try {
      await held.run(() => Promise.resolve());
    } catch (error) {
      this.#parts.log.warn({ reader: this.#parts.reader, err: error }, "a card did not open again");
    }
  }

  /** Where it fails, the card is looked at again: it may have fewer tries left. */
  async #onLockedCard(work: (card: PimCard) => Promise<NewSecrets>): Promise<NewSecrets> {
    const transport = await this.#parts.connect();
    try {
      const secrets = await work(await PimCard.open(transport));
      await letGo(transport);
      return secrets;
    } catch (error) {
      await letGo(transport);
      await this.#open();
      throw error;
    }
  }

  /** The card has lost its session; it opens again when it is used. */
  async wasReset(): Promise<void> {
    if (this.#state.type === "open") await this.#state.held.forgetSession();
  }

  /** The card is gone, or is let go. */
  async remove(): Promise<void> {
    this.#isGone = true;
    clearTimeout(this.#retry);
    if (this.#state.type === "open") this.#parts.shelf.remove(this.#state.held);
    await this.#alone(async () => {
      if (this.#state.type !== "open") return;
      this.#parts.shelf.remove(this.#state.held);
      await this.#state.held.close();
    });
  }

  /**
   * Does nothing with a card that is open: whoever waited for his turn may find it so.
   * @param given by a person; else the PIN that is known is tried, if all tries are left
   */
  async #open(given?: { readonly pin: string; readonly fewestTries: number }): Promise<void> {
    clearTimeout(this.#retry);
    if (this.#isGone || this.#state.type === "open") return;
    const { reader, connect, pins } = this.#parts;
    try {
      const pin = pins.pinFor(reader);
      const known = { fewestTries: ALL_PIN_TRIES, ...(pin === undefined ? {} : { pin }) };
      this.#take(await openSession({ connect, ...(given ?? known) }));
    } catch (error) {
      this.#failed(error);
    }
  }

  #take(outcome: OpenOutcome): void {
    const { reader, connect, pins, shelf, log, idleMs } = this.#parts;
    if (outcome.type !== "open") {
      this.#state = outcome;
      log.warn({ reader, ...outcome }, "a card cannot be used yet");
      return;
    }
    const { session, pin } = outcome;
    const onLocked = (locked: LockedCard): void => {
      this.#locked(held, locked);
    };
    const access = { connect, pin, onLocked, ...(idleMs === undefined ? {} : { idleMs }) };
    const held = new HeldCard(session, access);
    pins.wasRight(reader, pin);
    this.#state = { type: "open", held };
    if (this.#isGone) return;
    shelf.add(held);
    log.info({ reader, card: held.uuid }, "a card is here");
  }

  /** Its PIN was changed by others while it was let go. */
  #locked(held: HeldCard, locked: LockedCard): void {
    const { reader, shelf, log } = this.#parts;
    if (this.#state.type !== "open" || this.#state.held !== held) return;
    shelf.remove(held);
    this.#state = locked;
    log.warn({ reader, ...locked }, "a card cannot be used any more");
  }

  /** What may pass by itself is tried again, with longer and longer pauses; no PIN was tried yet. */
  #failed(error: unknown): void {
    const { reader, log } = this.#parts;
    const isBusy = error instanceof CardError && error.code === "CARD_BUSY";
    this.#state = isBusy ? { type: "busy" } : { type: "failed", error };
    log.warn({ reader, err: error }, "a card could not be opened");
    if (this.#isGone || !(error instanceof CardError) || !error.retryable) return;
    this.#retry = setTimeout(() => {
      void this.#alone(() => this.#open());
    }, this.#pauseMs);
    this.#retry.unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}

const letGo = (transport: Transport): Promise<void> => transport.close().catch(() => undefined);
