import type { DatabaseId } from "../../card/index.ts";
import type { HeldCard } from "./held-card.ts";

/** Which databases are lent to syncs with servers: each belongs to one sync at a time. */
export class Loans {
  readonly #taken = new Set<string>();

  isTaken(held: HeldCard, database: DatabaseId): boolean {
    return this.#taken.has(nameOf(held, database));
  }

  /** @returns gives it back, harmless when called again; undefined where it is taken */
  take(held: HeldCard, database: DatabaseId): (() => void) | undefined {
    const name = nameOf(held, database);
    if (this.#taken.has(name)) return undefined;
    this.#taken.add(name);
    let isBack = false;
    return () => {
      if (!isBack) this.#taken.delete(name);
      isBack = true;
    };
  }
}

const nameOf = (held: HeldCard, database: DatabaseId): string => `${held.uuid}/${String(database)}`;
