import type { StatusWord } from "../apdu/status-word.ts";

/**
 * Ends a command with a status word other than 9000, as ISOException.throwIt does on a real card. It never leaves
 * the virtual card: its one catch stands where commands are dispatched.
 */
export class Refusal extends Error {
  readonly sw: StatusWord;

  constructor(sw: StatusWord) {
    super(`refused: ${sw.toString(16)}`);
    this.sw = sw;
  }
}
