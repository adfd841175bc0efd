import type { CommandName } from "../commands/table.ts";
import { malformed } from "./exchange.ts";

/** The card's memory has 65535 blocks of 62 bytes at most: no database holds more. PROTOCOL.md section 7. */
export const MAX_CARD_BYTES = 65_535 * 62;
/** Headers are counted with 16 bits. */
export const MAX_ENTRIES = 65_535;

const FREE_PAGES = 256;
/** Far below what is left of the smallest page, 64 bytes, by a cursor and a head that did not fit. */
const FEWEST_BYTES_A_PAGE = 32;

/**
 * Bounds how often a card is asked to go on: pages may be small, but not all of them. So the commands of a call are
 * bounded by what the call may give, and a card that gives nothing is found out after some hundred.
 */
export class PageBudget {
  readonly #name: CommandName;
  #pages = 0;
  #bytes = 0;

  constructor(name: CommandName) {
    this.#name = name;
  }

  /** @throws CardError CARD_MALFORMED where the card gives too little in too many pages */
  spend(bytes: number): void {
    this.#pages++;
    this.#bytes += bytes;
    if (this.#pages > FREE_PAGES + this.#bytes / FEWEST_BYTES_A_PAGE) {
      throw malformed("pages come without end", this.#name);
    }
  }
}
