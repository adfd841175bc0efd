import type { Kysely } from "kysely";
import { saveMapLists, saveMissing } from "../../store/client-store.ts";
import { clearIntents, markIntentsDone } from "../../store/intent-store.ts";
import type { Tables } from "../../store/schema.ts";
import type { Preparation } from "../preparation.ts";
import { enterEnd } from "../sync-history.ts";
import type { ClientContext } from "./context.ts";
import { clientEntry, type ClientEnd } from "./end.ts";

/** Makes durable what a sync with a server did since the last time. */
export class ClientSaver {
  readonly #context: ClientContext;
  readonly #preparation: Preparation;
  #hasResults = false;
  #missing = "";
  #end: ClientEnd | undefined;
  #isEndUnsaved = false;

  constructor(context: ClientContext, preparation: Preparation) {
    this.#context = context;
    this.#preparation = preparation;
  }

  /** How the sync ended; undefined while it runs. */
  get end(): ClientEnd | undefined {
    return this.#end;
  }

  /** What was announced so far was done, and what came of it is known. */
  hasResults(): void {
    this.#hasResults = true;
  }

  /** Nobody knows which of the last writes were done. */
  hasFailed(): void {
    this.#hasResults = false;
  }

  /** The next save enters the sync's end into the history. */
  ended(end: ClientEnd): void {
    this.#end = end;
    this.#isEndUnsaved = true;
  }

  async save(trx: Kysely<Tables>): Promise<void> {
    const { link, maps, image, journal } = this.#context;
    await image.flush(trx);
    const changed = maps.takeChanged();
    if (changed !== undefined) await saveMapLists(trx, link.id, changed);
    if (this.#hasResults) await markIntentsDone(trx, link.id);
    await journal.flush(trx, this.#end === undefined || this.#isCommitted);
    await this.#saveMissing(trx);
    this.#hasResults = false;
    await this.#preparation.flush(trx);
    await this.#saveEnd(trx);
  }

  get #isCommitted(): boolean {
    return this.#end?.outcome === "ok" || this.#end?.outcome === "partial";
  }

  async #saveMissing(trx: Kysely<Tables>): Promise<void> {
    const missing = [...this.#context.missing];
    if (missing.join() === this.#missing) return;
    this.#missing = missing.join();
    await saveMissing(trx, this.#context.link.id, missing);
  }

  async #saveEnd(trx: Kysely<Tables>): Promise<void> {
    if (!this.#isEndUnsaved || this.#end === undefined) return;
    this.#isEndUnsaved = false;
    if (this.#isCommitted) await clearIntents(trx, this.#context.link.id);
    await enterEnd(trx, this.#context, clientEntry(this.#context, this.#end));
  }
}
