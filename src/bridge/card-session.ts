import {
  CardError,
  type CardIdentity,
  type Database,
  PimCard,
  type Transport,
} from "../../card/index.ts";

/** A card that is open and unlocked: from SELECT to the next reset. */
export interface CardSession {
  readonly card: PimCard;
  readonly transport: Transport;
  readonly identity: CardIdentity;
  readonly databases: readonly Database[];
}

/** Why a card that is there could not be unlocked. */
export type LockedCard =
  /** Without a PIN, with a wrong one, or with one that may not be tried because too few tries are left. */
  | { readonly type: "locked"; readonly triesLeft: number; readonly wasWrong: boolean }
  /** No try is left: only the PUK helps. */
  | { readonly type: "blocked" }
  /** A new card, whose PIN its owner has to set first. */
  | { readonly type: "transportPin" }
  /** A card without our applet. */
  | { readonly type: "foreign" };

export type OpenOutcome =
  | {
      readonly type: "open";
      readonly session: CardSession;
      /** The PIN that was right. */
      readonly pin: string;
    }
  | LockedCard;

/** How to open a card. */
export interface UnlockRequest {
  /** Powers the card up and takes it for ourselves. */
  readonly connect: () => Promise<Transport>;
  /** Absent: the card is only looked at. */
  readonly pin?: string;
  /** The PIN is not tried where fewer tries are left. */
  readonly fewestTries: number;
}

/** A card's PIN has so many tries. Source: card/PROTOCOL.md 2.1. */
export const ALL_PIN_TRIES = 3;
/** The last try is a person's: no program may spend it. */
export const TRIES_BUT_THE_LAST = 2;

/**
 * Opens a card with its PIN; one that stays locked is let go again.
 * @throws CardError of the transport, CARD_MALFORMED for a card that breaks the protocol
 */
export async function openSession(request: UnlockRequest): Promise<OpenOutcome> {
  const transport = await request.connect();
  const outcome = await unlock(transport, request).catch(async (error: unknown) => {
    await letGo(transport);
    throw error;
  });
  if (outcome.type !== "open") await letGo(transport);
  return outcome;
}

async function unlock(
  transport: Transport,
  { pin, fewestTries }: UnlockRequest,
): Promise<OpenOutcome> {
  const card = await selectApplet(transport);
  if (card === undefined) return { type: "foreign" };
  const { isTransport, triesLeft } = card.info.pinState;
  if (triesLeft === 0) return { type: "blocked" };
  if (isTransport) return { type: "transportPin" };
  if (pin === undefined || triesLeft < fewestTries)
    return { type: "locked", triesLeft, wasWrong: false };
  const answer = await card.verify(pin);
  if (answer.type === "blocked") return { type: "blocked" };
  if (answer.type === "wrong")
    return { type: "locked", triesLeft: answer.triesLeft, wasWrong: true };
  const identity = await card.identity();
  const databases = await card.databases();
  return { type: "open", pin, session: { card, transport, identity, databases } };
}

/** @returns undefined for a card without our applet */
async function selectApplet(transport: Transport): Promise<PimCard | undefined> {
  try {
    return await PimCard.open(transport);
  } catch (error) {
    // With a status word it is the card that said so, and not its reader that is empty.
    if (error instanceof CardError && error.code === "CARD_ABSENT" && error.sw !== undefined)
      return undefined;
    throw error;
  }
}

const letGo = (transport: Transport): Promise<void> => transport.close().catch(() => undefined);
