import { CardError } from "../../card/index.ts";
import { PinRefused } from "../cards/why-not-open.ts";
import { BRIDGE_ERRORS, BridgeError } from "../errors.ts";

/** A failed operation as the operator sees it: one plain sentence and the exit code of the command. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** The service's failure, told by its socket. */
export class OperationError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "OperationError";
    this.failure = failure;
  }
}

const FAILURE = 1;
const CARD_ABSENT = 5;
const PIN = 6;

const CARD_FAILURES: Readonly<Partial<Record<CardError["code"], Failure>>> = {
  CARD_ABSENT: {
    message: "There is no card here; `cardsync card create` makes a virtual one.",
    exitCode: CARD_ABSENT,
  },
  CARD_READER_LOST: { message: "The card reader is gone.", exitCode: CARD_ABSENT },
  CARD_BUSY: { message: "Another program uses the card; try again.", exitCode: FAILURE },
  CARD_PIN: { message: "The card does not take its PIN.", exitCode: PIN },
  CARD_FULL: { message: "The card is full.", exitCode: FAILURE },
  CARD_RESET: {
    message: "The card was reset or erased meanwhile; do it again.",
    exitCode: FAILURE,
  },
};

/** The one place where an error becomes a sentence and an exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof OperationError) return error.failure;
  if (error instanceof BridgeError) {
    return { message: error.userMessage, exitCode: BRIDGE_ERRORS[error.code].exitCode };
  }
  if (error instanceof PinRefused) return { message: error.userMessage, exitCode: PIN };
  if (error instanceof CardError) {
    const known = CARD_FAILURES[error.code];
    return known ?? { message: `The card failed: ${error.code}.`, exitCode: FAILURE };
  }
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { message: `Something unexpected happened: ${detail}`, exitCode: FAILURE };
}
