import type { PimCard, VerifyOutcome } from "../../card/index.ts";
import type { CardKeeper } from "../cards/card-keeper.ts";
import type { NewSecrets } from "../cards/card-slot.ts";
import { PinRefused, whyNotOpen } from "../cards/why-not-open.ts";
import { BridgeError } from "../errors.ts";
import type { OperationArguments, Operations } from "./operations.ts";

type PinArguments = OperationArguments<"cardPin">;

interface PinChange {
  /** What proves the right to do it, and how it is called to the person. */
  readonly proof: "pin" | "puk";
  run(card: PimCard, proof: string, fresh: string): Promise<VerifyOutcome>;
  /** What the fresh secret is. */
  readonly fresh: keyof NewSecrets;
  /** Whether it is meant for new cards, or for all others; absent: for both. */
  readonly isForNewCard?: boolean;
}

const CHANGES: Readonly<Record<PinArguments["what"], PinChange>> = {
  set: {
    proof: "pin",
    fresh: "pin",
    isForNewCard: true,
    run: (card, proof, fresh) => card.changePin(proof, fresh),
  },
  change: {
    proof: "pin",
    fresh: "pin",
    isForNewCard: false,
    run: (card, proof, fresh) => card.changePin(proof, fresh),
  },
  unblock: {
    proof: "puk",
    fresh: "pin",
    run: (card, proof, fresh) => card.unblockPin(proof, fresh),
  },
  puk: { proof: "puk", fresh: "puk", run: (card, proof, fresh) => card.changePuk(proof, fresh) },
};

const SECRET_BYTES = { min: 4, max: 16 } as const;

/** PIN and PUK, changed by a person. No secret is in what is thrown. */
export function pinOperations(keeper: CardKeeper): Pick<Operations, "cardPin"> {
  return {
    async cardPin(args) {
      checkSecret(args.proof);
      checkSecret(args.fresh);
      const state = await keeper.withSecrets(args.card, (card) => changeSecret(card, args));
      // A card may well stay locked where only its PUK was changed.
      if (state.type !== "open" && CHANGES[args.what].fresh === "pin") throw whyNotOpen(state);
      return null;
    },
  };
}

async function changeSecret(card: PimCard, args: PinArguments): Promise<NewSecrets> {
  const change = CHANGES[args.what];
  checkNewness(card, change);
  const tries = change.proof === "pin" ? await card.pinTries() : await card.pukTries();
  if (tries === 0) throw blocked(change);
  if (tries === 1 && !args.useLastTry)
    throw new PinRefused("Tries left: 1. The last one is only used with --last-try.");
  const outcome = await change.run(card, args.proof, args.fresh);
  if (outcome.type === "blocked") throw blocked(change);
  if (outcome.type === "wrong") {
    const name = change.proof.toUpperCase();
    throw new PinRefused(`The ${name} is wrong. Tries left: ${String(outcome.triesLeft)}.`);
  }
  return { [change.fresh]: args.fresh };
}

function checkNewness(card: PimCard, { isForNewCard }: PinChange): void {
  const isNew = card.info.pinState.isTransport;
  if (isForNewCard === undefined || isForNewCard === isNew) return;
  const advice = isNew
    ? "The card is new: `cardsync card pin set` gives it its own PIN."
    : "The card has its own PIN already: `cardsync card pin change` changes it.";
  throw new BridgeError("BRIDGE_USAGE", advice);
}

const blocked = ({ proof }: PinChange): PinRefused =>
  new PinRefused(
    proof === "pin"
      ? "The PIN is blocked; `cardsync card pin unblock` needs the PUK."
      : "The PUK is blocked for good: the card keeps what it has, and nobody gets at it.",
  );

function checkSecret(secret: string): void {
  const bytes = Buffer.byteLength(secret, "utf8");
  if (bytes < SECRET_BYTES.min || bytes > SECRET_BYTES.max)
    throw new BridgeError("BRIDGE_USAGE", "A PIN or PUK has 4 to 16 bytes.");
}
