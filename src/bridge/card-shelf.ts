import type { HeldCard } from "./held-card.ts";

/** Finds the card that a user is bound to, and whether somebody else is bound to one. */
export interface CardBindings {
  cardOf(user: string): Promise<string | undefined>;
  isBoundToOther(cardUuid: string, user: string): Promise<boolean>;
}

/** Why no card was found: the log says it, the peer only gets its Status. */
export type CardChoice =
  | { readonly type: "card"; readonly card: HeldCard }
  | { readonly type: "none"; readonly status: 404 | 417; readonly hint: string };

/** The cards that are present. */
export class CardShelf {
  readonly #bindings: CardBindings;
  readonly #cards = new Set<HeldCard>();
  #onCome: (card: HeldCard) => void = () => undefined;

  constructor(bindings: CardBindings) {
    this.#bindings = bindings;
  }

  /** @param listener told of each card that comes from now on, in place of the listener before */
  onCome(listener: (card: HeldCard) => void): void {
    this.#onCome = listener;
  }

  /** Keeps an open card until it is taken away. */
  add(card: HeldCard): void {
    this.#cards.add(card);
    this.#onCome(card);
  }

  remove(card: HeldCard): void {
    this.#cards.delete(card);
  }

  /** @returns the open cards, by label */
  list(): readonly HeldCard[] {
    return [...this.#cards].sort(byName);
  }

  /**
   * Finds the card for a user: the one that the URL names (by label or uuid), the one that the user is bound to,
   * or the only one present. A card that is bound to another user is never given.
   */
  async choose(user: string, name: string | undefined): Promise<CardChoice> {
    const bound = await this.#bindings.cardOf(user);
    if (bound !== undefined && !this.list().some((card) => card.uuid === bound))
      return none(417, "the user's card is not present");
    const open: HeldCard[] = [];
    for (const card of this.#cards)
      if (
        bound === undefined
          ? !(await this.#bindings.isBoundToOther(card.uuid, user))
          : card.uuid === bound
      )
        open.push(card);
    const named = open.filter((card) => name === undefined || isNamed(card, name));
    const [card, second] = named;
    if (card !== undefined && second === undefined) return { type: "card", card };
    if (second !== undefined)
      return none(
        404,
        "several cards fit: bind the user with `user card` or name a card in the URL",
      );
    if (this.#cards.size === 0) return none(417, "no card is present");
    return none(404, "no card of that name that this user may use");
  }
}

const byName = (a: HeldCard, b: HeldCard): number =>
  a.label.localeCompare(b.label, "en", { numeric: true }) || a.uuid.localeCompare(b.uuid);

const isNamed = (card: HeldCard, name: string): boolean =>
  card.uuid === name.toLowerCase() || (card.label !== "" && card.label === name);

const none = (status: 404 | 417, hint: string): CardChoice => ({ type: "none", status, hint });
