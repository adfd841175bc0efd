import { randomBytes } from "node:crypto";
import type { Database } from "../../../card/index.ts";
import {
  toSyncId,
  type Acknowledgement,
  type AnswerVerdict,
  type Instant,
  type LocalChange,
  type LocalDatastores,
  type LocalOpenAnswer,
  type LocalOpenRequest,
  type MapPair,
  type ServerAnswer,
  type ServerOperation,
  type SyncId,
} from "../../../syncml/index.ts";
import type { CardDatastores } from "../card-datastores.ts";
import { DATASTORES, findDatastore, type DatastoreName } from "../databases.ts";
import type { Loans } from "../loans.ts";
import { openAgainOnReset } from "../open-again.ts";
import { reasonOfError, STATUS } from "../status-map.ts";
import { type ItemCounts, TYPE_NAMES } from "../sync-report.ts";
import type { ClientContext } from "./context.ts";
import type { ClientEnd } from "./end.ts";
import type { ItemResult } from "./incoming.ts";
import { makeClientContext, type ClientContextDeps, type ToServerWish } from "./make-context.ts";
import { openClient } from "./open.ts";
import { ClientRun } from "./run.ts";

export interface CardOnServerDeps extends ClientContextDeps {
  readonly loans: Loans;
  /** Who may have lent the database to a device. */
  readonly datastores: Pick<CardDatastores, "makeRoom">;
}

/** What became of one datastore. */
export interface ServerSyncResult extends ClientEnd {
  readonly datastore: DatastoreName;
  readonly typeDone: string;
  readonly sent: ItemCounts;
  readonly received: ItemCounts;
}

const TOKEN_BYTES = 12;

interface Loan {
  readonly run: ClientRun;
  readonly giveBack: () => void;
}

/** A card's databases on their way to a server. */
export class CardOnServer implements LocalDatastores {
  readonly #deps: CardOnServerDeps;
  readonly #wish: ToServerWish;
  readonly #runs = new Map<SyncId, Loan>();

  constructor(deps: CardOnServerDeps, wish: ToServerWish) {
    this.#deps = deps;
    this.#wish = wish;
  }

  /** @returns what became of each datastore that has ended, in the order in which they were opened */
  results(): readonly ServerSyncResult[] {
    return [...this.#runs.values()].flatMap(({ run }) => {
      const { end, context } = run;
      if (end === undefined) return [];
      const { datastore, syncType, report } = context;
      return [
        {
          ...end,
          datastore,
          typeDone: TYPE_NAMES[syncType],
          sent: report.sent,
          received: report.received,
        },
      ];
    });
  }

  async open(request: LocalOpenRequest): Promise<LocalOpenAnswer> {
    const datastore = findDatastore(request.name);
    const media = datastore === undefined ? undefined : DATASTORES[datastore].media;
    const { held } = this.#wish;
    const database = held.databases.find((candidate) => candidate.media === media);
    if (datastore === undefined || database === undefined)
      return { type: "refused", reason: "the card has no such database" };
    const again = [...this.#runs].find(
      ([, { run }]) => !run.isOver && run.context.datastore === datastore,
    );
    if (again !== undefined) return openedBy(...again);
    if (!(await this.#deps.datastores.makeRoom(held, database.id)))
      return { type: "refused", reason: "another sync has the database" };
    const giveBack = this.#deps.loans.take(held, database.id);
    if (giveBack === undefined) return { type: "refused", reason: "another sync has the database" };
    return this.#start(request, { datastore, database, giveBack });
  }

  async answered(syncId: SyncId, answer: ServerAnswer): Promise<AnswerVerdict> {
    const run = this.#runs.get(syncId)?.run;
    if (run === undefined) return { type: "refuse", reason: "there is no such sync" };
    run.context.devInf = this.#wish.devInf?.();
    return this.#settled(syncId, await run.answered(answer));
  }

  async prepare(syncId: SyncId): Promise<number | undefined> {
    return this.#settled(syncId, await this.#runs.get(syncId)?.run.prepare());
  }

  async nextChanges(
    syncId: SyncId,
    maxBytes: number,
    until: Instant,
  ): Promise<{ readonly changes: readonly LocalChange[]; readonly isDone: boolean }> {
    const changes = await this.#runs.get(syncId)?.run.nextChanges(maxBytes, until);
    return this.#settled(syncId, changes ?? { changes: [], isDone: true });
  }

  acknowledge(syncId: SyncId, acknowledgements: readonly Acknowledgement[]): Promise<void> {
    this.#runs.get(syncId)?.run.acknowledge(acknowledgements);
    return Promise.resolve();
  }

  async apply(
    syncId: SyncId,
    operations: readonly ServerOperation[],
    until: Instant,
  ): Promise<readonly ItemResult[]> {
    const results = await this.#runs.get(syncId)?.run.apply(operations, until);
    return this.#settled(
      syncId,
      results ?? operations.map(() => ({ status: STATUS.datastoreFailed })),
    );
  }

  async endOfServerChanges(syncId: SyncId): Promise<boolean> {
    return this.#settled(syncId, (await this.#runs.get(syncId)?.run.endOfServerChanges()) ?? false);
  }

  mapsToSend(syncId: SyncId): Promise<readonly MapPair[]> {
    return Promise.resolve(this.#runs.get(syncId)?.run.mapsToSend() ?? []);
  }

  mapsAcknowledged(syncId: SyncId, pairs: readonly MapPair[]): Promise<void> {
    this.#runs.get(syncId)?.run.mapsAcknowledged(pairs);
    return Promise.resolve();
  }

  async finish(syncId: SyncId): Promise<boolean> {
    return this.#settled(syncId, (await this.#runs.get(syncId)?.run.finish()) ?? false);
  }

  /** Whatever was exchanged is on the card: the next run begins with a fast sync and recognises it. */
  suspend(syncId: SyncId, reason: string): Promise<void> {
    return this.abandon(syncId, reason);
  }

  async abandon(syncId: SyncId, reason: string): Promise<void> {
    await this.#runs.get(syncId)?.run.abandon(reason);
    this.#settled(syncId, undefined);
  }

  /** The run ends here: every datastore's sync that has not ended is given up. */
  async giveUp(reason: string): Promise<void> {
    for (const syncId of this.#runs.keys()) await this.abandon(syncId, reason);
  }

  async save(): Promise<void> {
    await this.#deps.db.transaction().execute(async (trx) => {
      for (const { run } of this.#runs.values()) await run.flush(trx);
    });
  }

  async #start(
    request: LocalOpenRequest,
    place: {
      readonly datastore: DatastoreName;
      readonly database: Database;
      readonly giveBack: () => void;
    },
  ): Promise<LocalOpenAnswer> {
    const newContext = (): Promise<ClientContext> =>
      makeClientContext(this.#deps, this.#wish, { ...place, ...request });
    const { context, error } = await openAgainOnReset(await newContext(), newContext, openClient);
    const run = new ClientRun(context);
    const syncId = toSyncId(randomBytes(TOKEN_BYTES).toString("base64url"));
    this.#runs.set(syncId, { run, giveBack: place.giveBack });
    if (error === undefined) return openedBy(syncId, { run });
    this.#deps.log.error(
      { datastore: place.datastore, err: error },
      "a datastore could not be opened",
    );
    const reason = reasonOfError(error);
    await this.abandon(syncId, reason);
    return { type: "refused", reason };
  }

  #settled<T>(syncId: SyncId, result: T): T {
    const loan = this.#runs.get(syncId);
    if (loan?.run.isOver === true) loan.giveBack();
    return result;
  }
}

function openedBy(syncId: SyncId, { run }: Pick<Loan, "run">): LocalOpenAnswer {
  const { last, next } = run.context.attempt;
  return {
    type: "opened",
    syncId,
    syncType: run.requestedType,
    isResume: false,
    anchor: { ...(last === undefined ? {} : { last }), next },
  };
}
