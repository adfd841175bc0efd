import { setTimeout as sleep } from "node:timers/promises";
import {
  CardError,
  type CardUuid,
  type Database,
  type Epoch,
  type PimCard,
  type Transport,
} from "../../card/index.ts";
import {
  type CardSession,
  type LockedCard,
  openSession,
  TRIES_BUT_THE_LAST,
} from "./card-session.ts";

/** The exchange with a card since the service first opened it. */
export interface CardTraffic {
  readonly apdus: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Writes into the card's non-volatile memory; null where only the card itself knows. */
  readonly nvmWrites: number | null;
}

/** How a card is opened again after it was let go, was reset, or failed. */
export interface CardAccess {
  readonly connect: () => Promise<Transport>;
  /** The PIN that was right; kept in memory only. */
  readonly pin: string;
  /** A card that nobody has used for so long is let go, so that other programs reach it; absent: it is kept. */
  readonly idleMs?: number;
  /** The PIN opens the card no longer; it is not tried again. */
  readonly onLocked?: (locked: LockedCard) => void;
}

/** Errors after which the card has forgotten us, or we have lost it: only opening it anew helps. */
const SESSION_ENDS: ReadonlySet<string> = new Set([
  "CARD_RESET",
  "CARD_READER_LOST",
  "CARD_ABSENT",
]);
const BUSY_PAUSES_MS = [100, 200, 400, 800, 1600];

/**
 * A card that is present and that the service can unlock. Known by its uuid, never by its reader. It is open while it
 * is used; after a reset or a pause it is opened again, and syncs that were open on it are over.
 */
export class HeldCard {
  #access: CardAccess;
  #session: CardSession | undefined;
  /** Counts the sessions: who began in another one has lost what the card knew of him. */
  #sessionNumber = 1;
  #uuid: CardUuid;
  #epoch: Epoch;
  #databases: readonly Database[];
  #isPinRefused = false;
  #isGone = false;
  #leases = 0;
  #idle: NodeJS.Timeout | undefined;
  #earlier: CardTraffic | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param session just opened with what `access` holds */
  constructor(session: CardSession, access: CardAccess) {
    this.#session = session;
    this.#access = access;
    this.#uuid = session.identity.uuid;
    this.#epoch = session.identity.epoch;
    this.#databases = session.databases;
    this.#watchIdleness();
  }

  get uuid(): CardUuid {
    return this.#uuid;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  get databases(): readonly Database[] {
    return this.#databases;
  }

  /** The card goes by the label of its first database; "" where it has none. */
  get label(): string {
    return this.#databases[0]?.label ?? "";
  }

  /** Whether a sync runs on it. */
  get isLeased(): boolean {
    return this.#leases > 0;
  }

  /** @returns the counts of this moment, undefined where the transport keeps none */
  get traffic(): CardTraffic | undefined {
    const now = this.#session && trafficOf(this.#session.transport);
    if (this.#earlier === undefined || now === undefined) return now ?? this.#earlier;
    return addTraffic(this.#earlier, now);
  }

  /**
   * Runs `work` with the card to itself: what needs several APDUs in a row is never interleaved.
   * @throws CardError CARD_ABSENT once the card is gone, CARD_BUSY while another program has it, and what `work` throws
   */
  run<T>(work: (card: PimCard) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      await this.#endForgottenSession();
      return this.#use(work);
    });
  }

  /** For a sync, which is over as soon as the card has forgotten it. To be ended. */
  lease(): CardLease {
    this.#leases += 1;
    clearTimeout(this.#idle);
    const uuid = this.#uuid;
    let session: number | undefined;
    let hasEnded = false;
    return {
      run: (work) =>
        this.#alone(() => {
          if (uuid !== this.#uuid) throw new CardError("CARD_RESET", "the card was erased");
          return this.#use((card) => {
            session = this.#sessionNumber;
            return work(card);
          }, session);
        }),
      end: () => {
        if (hasEnded) return;
        hasEnded = true;
        this.#leases -= 1;
        this.#watchIdleness();
      },
    };
  }

  /** As {@link run}, for work that changes label, uuid or epoch: nobody gets at the card before they are read again. */
  remake<T>(work: (card: PimCard) => Promise<T>): Promise<T> {
    return this.run(async (card) => {
      try {
        return await work(card);
      } finally {
        await this.#readIdentity(card);
      }
    });
  }

  /** From now on the card is opened with this PIN. */
  usePin(pin: string): void {
    this.#access = { ...this.#access, pin };
    this.#isPinRefused = false;
  }

  /** The card has lost its session: the next use opens it again. */
  async forgetSession(): Promise<void> {
    await this.#alone(() => this.#endSession());
  }

  /** The card is out of reach for good, or is given up. What is running ends first. */
  async close(): Promise<void> {
    this.#isGone = true;
    clearTimeout(this.#idle);
    await this.#alone(() => this.#endSession());
  }

  /** Where the card fails, the work has failed before, and its error says more. */
  async #readIdentity(card: PimCard): Promise<void> {
    try {
      const { uuid, epoch } = await card.identity();
      this.#databases = await card.databases();
      this.#uuid = uuid;
      this.#epoch = epoch;
    } catch (error) {
      if (!(error instanceof CardError)) throw error;
    }
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** @param expected the session that the caller began in */
  async #use<T>(work: (card: PimCard) => Promise<T>, expected?: number): Promise<T> {
    const { card } = await this.#ensureOpen(expected);
    try {
      return await work(card);
    } catch (error) {
      if (error instanceof CardError && SESSION_ENDS.has(error.code)) await this.#endSession();
      throw error;
    } finally {
      this.#watchIdleness();
    }
  }

  /** Work of many steps is not begun on a card that has lost its session: it could not be begun again. */
  async #endForgottenSession(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    await this.#use(() => session.card.freeSpace()).catch((error: unknown) => {
      if (this.#session !== undefined) throw error;
    });
  }

  async #ensureOpen(expected?: number): Promise<CardSession> {
    if (this.#isGone) throw new CardError("CARD_ABSENT", "the card is gone");
    if (expected !== undefined && (expected !== this.#sessionNumber || !this.#session))
      throw new CardError("CARD_RESET", "the card has forgotten this sync");
    this.#session ??= await this.#reopen();
    return this.#session;
  }

  async #reopen(): Promise<CardSession> {
    if (this.#isPinRefused) throw new CardError("CARD_PIN", "the PIN is not right any more");
    const { connect, pin } = this.#access;
    const outcome = await patiently(() =>
      openSession({ connect, pin, fewestTries: TRIES_BUT_THE_LAST }),
    );
    if (outcome.type !== "open") {
      this.#isPinRefused = true;
      this.#access.onLocked?.(outcome);
      throw new CardError("CARD_PIN", `the card is ${outcome.type}`);
    }
    const { session } = outcome;
    if (session.identity.uuid === this.#uuid) return session;
    await session.transport.close().catch(() => undefined);
    throw new CardError("CARD_ABSENT", "another card is in its place");
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#earlier = this.traffic;
    this.#session = undefined;
    this.#sessionNumber += 1;
    await session.card.close().catch(() => undefined);
  }

  #watchIdleness(): void {
    clearTimeout(this.#idle);
    const { idleMs } = this.#access;
    if (idleMs === undefined || this.#isGone || this.#leases > 0 || !this.#session) return;
    this.#idle = setTimeout(() => {
      if (this.#leases === 0) void this.forgetSession();
    }, idleMs);
    this.#idle.unref();
  }
}

/** The card as one sync sees it. */
export interface CardLease {
  /** As {@link HeldCard.run}. @throws CardError CARD_RESET once the card has lost the session in which the sync began */
  run<T>(work: (card: PimCard) => Promise<T>): Promise<T>;
  /** Harmless when called again. */
  end(): void;
}

/** Another program may be about to let the card go. */
async function patiently<T>(open: () => Promise<T>): Promise<T> {
  for (const pauseMs of BUSY_PAUSES_MS) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof CardError) || error.code !== "CARD_BUSY") throw error;
      await sleep(pauseMs);
    }
  }
  return open();
}

const trafficOf = ({ transportStats, nvmStats }: Transport): CardTraffic | undefined =>
  transportStats && { ...transportStats, nvmWrites: nvmStats?.writes ?? null };

const addTraffic = (a: CardTraffic, b: CardTraffic): CardTraffic => ({
  apdus: a.apdus + b.apdus,
  bytesSent: a.bytesSent + b.bytesSent,
  bytesReceived: a.bytesReceived + b.bytesReceived,
  nvmWrites: a.nvmWrites === null || b.nvmWrites === null ? null : a.nvmWrites + b.nvmWrites,
});
