import type { Kysely } from "kysely";
import type { PimCard } from "../../card/index.ts";
import { addIntents } from "../store/intent-store.ts";
import { saveLink } from "../store/link-store.ts";
import type { Tables } from "../store/schema.ts";
import { formerState } from "./foresee.ts";
import type { Intent } from "./intent.ts";
import { withPending, type Base, type Link, type Pending, type PendingPhase } from "./link.ts";
import type { ForeseenWrite } from "./sync-journal.ts";
import type { SyncContext } from "./sync-context.ts";

/** What both roles know of a sync that is about to write; `request.anchor.next` is the peer's anchor for after it. */
export interface PreparedSync extends Pick<
  SyncContext,
  "db" | "database" | "target" | "journal" | "records" | "image"
> {
  readonly request: { readonly anchor: { readonly next?: string } };
  readonly base: Base;
  link: Link;
  readonly intents: readonly Intent[];
}

/**
 * What has to stand before a sync's first card write: the intents, what the records held before, the pending
 * generation, and the object on the card.
 */
export class Preparation {
  readonly #context: PreparedSync;
  #isPrepared = false;
  #isLinkChanged = true;
  #nextSeq = 1;

  constructor(context: PreparedSync) {
    this.#context = context;
  }

  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  /** Else its COMMIT is the first that the card hears of the object. */
  get standsOnCard(): boolean {
    return this.#isPrepared || this.#context.target === this.#context.link.current?.object;
  }

  /** Rule 1: the intents of a message are durable, and the object stands on the card, before its first card write. */
  async announce(
    card: PimCard,
    intents: readonly Omit<Intent, "seq" | "isDone">[],
    writes: readonly ForeseenWrite[],
  ): Promise<void> {
    await this.prepare(card, this.#numbered(intents), writes);
  }

  /** @param writes beside those of the intents: what nobody asked for item by item */
  async prepare(
    card: PimCard,
    intents: readonly Intent[] = [],
    writes: readonly ForeseenWrite[] = [],
  ): Promise<void> {
    const { db, link, database, target, journal } = this.#context;
    if (this.#isPrepared && intents.length === 0 && writes.length === 0) return;
    const former = await formerState(this.#context, card, writes);
    if (!this.#isPrepared) this.setPhase("preparing");
    await db.transaction().execute(async (trx) => {
      await this.flush(trx);
      await addIntents(trx, link.id, intents);
      await journal.announce(trx, writes, former);
    });
    if (this.#isPrepared) return;
    if (target !== link.current?.object) await card.prepareSync(database, target);
    this.#isPrepared = true;
    this.setPhase("prepared");
  }

  setPhase(phase: PendingPhase): void {
    const { request, target, base } = this.#context;
    const pending: Pending = { object: target, peerAnchor: request.anchor.next ?? "", phase, base };
    this.#context.link = withPending(this.#context.link, pending);
    this.linkChanged();
  }

  linkChanged(): void {
    this.#isLinkChanged = true;
  }

  /** Writes the link where it changed since the last time. */
  async flush(trx: Kysely<Tables>): Promise<void> {
    if (this.#isLinkChanged) await saveLink(trx, this.#context.link);
    this.#isLinkChanged = false;
  }

  #numbered(intents: readonly Omit<Intent, "seq" | "isDone">[]): readonly Intent[] {
    const oldest = Math.max(0, ...this.#context.intents.map((intent) => intent.seq)) + 1;
    const first = Math.max(oldest, this.#nextSeq);
    this.#nextSeq = first + intents.length;
    return intents.map((intent, at) => ({ ...intent, seq: first + at, isDone: false }));
  }
}
