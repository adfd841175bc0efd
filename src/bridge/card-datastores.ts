import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import {
  toSyncId,
  type Acknowledgement,
  type Clock,
  type DatastoreDescription,
  type Datastores,
  type EndOfChanges,
  type Instant,
  type ItemOperation,
  type MapPair,
  type NextChanges,
  type OpenAnswer,
  type OpenedSync,
  type OpenRequest,
  type SyncId,
} from "../../syncml/index.ts";
import type { CardUuid, Database, DatabaseId, SyncObject } from "../../card/index.ts";
import type { Logger } from "pino";
import { ctCaps } from "../pim/ct-caps.ts";
import { mediaTypes } from "../pim/media-types.ts";
import type { Cipher } from "../store/cipher.ts";
import { findOrMakeLink } from "../store/link-store.ts";
import type { KeptContents } from "../store/kept-contents.ts";
import type { Tables } from "../store/schema.ts";
import { CardRecords } from "./card-records.ts";
import type { CardShelf } from "./card-shelf.ts";
import type { ConflictPolicy } from "./conflict.ts";
import { datastoreOf, DATASTORES, findDatastore, type DatastoreName } from "./databases.ts";
import type { HeldCard } from "./held-card.ts";
import { Images } from "./images.ts";
import type { Loans } from "./loans.ts";
import { LinkMap } from "./link-map.ts";
import { openAgainOnReset } from "./open-again.ts";
import { reasonOfError, STATUS, statusOfError } from "./status-map.ts";
import type { SyncContext } from "./sync-context.ts";
import { entryOf, INTERRUPTED } from "./sync-history.ts";
import { SyncJournal } from "./sync-journal.ts";
import { openSync, turnSlow } from "./sync-open.ts";
import { SyncReport } from "./sync-report.ts";
import { SyncRun } from "./sync-run.ts";

export interface CardDatastoresDeps {
  readonly db: Kysely<Tables>;
  readonly cipher: Cipher;
  readonly cards: CardShelf;
  readonly images: Images;
  readonly kept: KeptContents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly conflictPolicy: (user: string, deviceId: string) => ConflictPolicy;
  /** What syncs with servers have borrowed. */
  readonly loans: Loans;
  /** A device's sync has ended and may have changed the card. */
  readonly onChanged?: (card: CardUuid) => void;
}

/** A sync untouched for so long gives way to another device that wants the same database. */
const LEASE_MS = 120_000;

const TOKEN_BYTES = 12;

const newSyncId = (): SyncId => toSyncId(randomBytes(TOKEN_BYTES).toString("base64url"));

/** The card's databases as SyncML datastores. One sync at a time has a database; it lives in memory until it ends. */
export class CardDatastores implements Datastores {
  readonly #deps: CardDatastoresDeps;
  readonly #runs = new Map<SyncId, SyncRun>();
  /** Runs whose last changes are not durable yet, by session. */
  readonly #unsaved = new Map<string, Set<SyncRun>>();

  constructor(deps: CardDatastoresDeps) {
    this.#deps = deps;
  }

  async describe(user: string, cardLabel?: string): Promise<readonly DatastoreDescription[]> {
    const choice = await this.#deps.cards.choose(user, cardLabel);
    if (choice.type === "none") return [];
    return choice.card.databases.map(({ media }) => {
      const uri = datastoreOf(media);
      const { kind, displayName } = DATASTORES[uri];
      const types = mediaTypes(kind);
      const isNamed = (name: string): boolean => findDatastore(name) === uri;
      return { uri, isNamed, displayName, rx: types, tx: types, ctCaps: ctCaps(kind) };
    });
  }

  async open(request: OpenRequest): Promise<OpenAnswer> {
    const name = findDatastore(request.uri);
    if (name === undefined) return { type: "refused", status: STATUS.notFound };
    const choice = await this.#deps.cards.choose(request.user, request.cardLabel);
    if (choice.type === "none") {
      this.#deps.log.warn({ user: request.user, hint: choice.hint }, "no card for a peer");
      return { type: "refused", status: choice.status };
    }
    const database = choice.card.databases.find(({ media }) => media === DATASTORES[name].media);
    if (database === undefined) return { type: "refused", status: STATUS.notFound };
    if (!(await this.#makeRoom(choice.card, database, request)))
      return { type: "refused", status: STATUS.retryLater };
    return this.#start(request, choice.card, database, name);
  }

  async resume(syncId: SyncId, request: OpenRequest): Promise<OpenedSync | undefined> {
    const run = this.#live(syncId);
    if (run === undefined || !(await this.#isMeant(run, request))) return undefined;
    const { session } = run.context.request;
    const newId = newSyncId();
    if (!(await run.resume(newId, request))) return undefined;
    this.#unsaved.get(session)?.delete(run);
    this.#markUnsaved(run);
    this.#runs.delete(syncId);
    this.#runs.set(newId, run);
    return { ...this.#openedBy(run.context), isRefreshRequired: false };
  }

  suspend(syncId: SyncId): void {
    const run = this.#live(syncId);
    if (run !== undefined) run.isSuspended = true;
  }

  async makeSlow(syncId: SyncId): Promise<boolean> {
    const run = this.#live(syncId);
    if (run === undefined) return false;
    await run.context.lease.run((card) => turnSlow(run.context, card));
    return true;
  }

  async apply(
    syncId: SyncId,
    operations: readonly ItemOperation[],
    until: Instant,
  ): Promise<readonly number[]> {
    const run = this.#live(syncId);
    if (run === undefined) return operations.map(() => STATUS.datastoreFailed);
    return run.apply(operations, until);
  }

  async map(syncId: SyncId, pairs: readonly MapPair[]): Promise<number> {
    const run = this.#touch(syncId);
    return run === undefined ? STATUS.datastoreFailed : run.map(pairs);
  }

  async endOfChanges(syncId: SyncId, until: Instant): Promise<EndOfChanges> {
    const count = await this.#live(syncId)?.endOfChanges(until);
    if (count === "late") return { type: "late" };
    return count === undefined ? { type: "lost" } : { type: "planned", count };
  }

  async nextChanges(syncId: SyncId, maxBytes: number, until: Instant): Promise<NextChanges> {
    const run = this.#live(syncId);
    if (run === undefined) return { changes: [], isDone: true, isLate: false };
    const changes = await run.nextChanges(maxBytes, until);
    return { changes, isDone: run.hasSentAll, isLate: this.#deps.clock.now() >= until };
  }

  async changesLeave(syncId: SyncId): Promise<boolean> {
    return (await this.#touch(syncId)?.changesLeave()) ?? false;
  }

  acknowledge(syncId: SyncId, acknowledgements: readonly Acknowledgement[]): Promise<void> {
    this.#touch(syncId)?.acknowledge(acknowledgements);
    return Promise.resolve();
  }

  async finish(syncId: SyncId): Promise<boolean> {
    return (await this.#touch(syncId)?.finish()) ?? false;
  }

  async abandon(syncId: SyncId, reason: string): Promise<void> {
    const run = this.#touch(syncId);
    if (run === undefined) return;
    await run.abandon(reason);
    // The session may never be saved again: a timed-out one is not.
    await this.#deps.db.transaction().execute((trx) => run.flush(trx));
    this.#forgetOver(run);
  }

  /** @returns the numbers in the history of syncs that are under way */
  running(): ReadonlySet<number> {
    const ids = [...this.#runs.values()].map((run) => run.isOver || run.context.journal.historyId);
    return new Set(ids.filter((id) => typeof id === "number"));
  }

  /** Ends what is suspended or has gone quiet. @returns false where a sync is under way, or the database is lent to a server's */
  makeRoom(held: HeldCard, database: DatabaseId): Promise<boolean> {
    return this.#makeRoom(held, { id: database });
  }

  /** Writes what the session's syncs changed since its last save. */
  async flush(trx: Kysely<Tables>, session: string): Promise<void> {
    for (const run of this.#unsaved.get(session) ?? []) {
      await run.flush(trx);
      this.#forgetOver(run);
    }
    this.#unsaved.delete(session);
  }

  async #start(
    request: OpenRequest,
    held: HeldCard,
    database: Database,
    name: DatastoreName,
  ): Promise<OpenAnswer> {
    const newContext = (): Promise<SyncContext> => this.#contextOf(request, held, database, name);
    const { context, error } = await openAgainOnReset(await newContext(), newContext, openSync);
    const run = new SyncRun(context);
    this.#markUnsaved(run);
    if (error !== undefined) {
      this.#deps.log.error({ datastore: name, err: error }, "a datastore could not be opened");
      await run.abandon(reasonOfError(error));
      return { type: "refused", status: statusOfError(error) };
    }
    this.#runs.set(context.syncId, run);
    return this.#openedBy(context);
  }

  #openedBy(context: SyncContext): OpenedSync {
    const { syncId, syncType, request } = context;
    const last = context.base === "none" ? undefined : this.#baseObject(context);
    const anchor = { ...(last === undefined ? {} : { last }), next: context.target };
    const isRefreshRequired = syncType !== request.syncType;
    return { type: "opened", syncId, syncType, isRefreshRequired, anchor };
  }

  /** The same two sides on the same card; the peer may leave its Last out, but not name another one. */
  async #isMeant({ context }: SyncRun, { anchor, ...request }: OpenRequest): Promise<boolean> {
    const { request: before, held } = context;
    const isSame =
      before.user === request.user &&
      before.deviceId === request.deviceId &&
      before.uri === request.uri &&
      before.peerUri === request.peerUri &&
      (anchor.last === undefined || anchor.last === before.anchor.last);
    if (!isSame) return false;
    const choice = await this.#deps.cards.choose(request.user, request.cardLabel);
    return choice.type !== "none" && choice.card === held;
  }

  #baseObject({ link, base }: SyncContext): SyncObject | undefined {
    return base === "previous" ? link.previous?.object : link.current?.object;
  }

  async #contextOf(
    request: OpenRequest,
    held: HeldCard,
    { id: database }: Database,
    datastore: DatastoreName,
  ): Promise<SyncContext> {
    const { db, cipher, images, kept, clock, log, conflictPolicy } = this.#deps;
    const { kind } = DATASTORES[datastore];
    const image = images.of(held, database, cipher);
    const link = await findOrMakeLink(db, {
      cardUuid: held.uuid,
      database,
      user: request.user,
      device: request.deviceId,
      peerUri: request.peerUri,
    });
    const context: SyncContext = {
      db,
      log,
      now: () => clock.now(),
      syncId: newSyncId(),
      request,
      policy: conflictPolicy(request.user, request.deviceId),
      held,
      lease: held.lease(),
      database,
      datastore,
      kind,
      records: new CardRecords(image, database, kind),
      image,
      map: new LinkMap(db, link.id),
      report: new SyncReport(),
      journal: new SyncJournal({
        cipher,
        kept,
        place: { cardUuid: held.uuid, epoch: held.epoch, database },
        now: () => clock.now(),
        entry: () => entryOf(context, INTERRUPTED),
        base: () => context.base,
      }),
      startedMs: clock.now(),
      syncType: request.syncType,
      reason: "",
      link,
      base: "none",
      target: "" as SyncObject,
      versions: [],
      listed: new Map(),
      intents: [],
      isMapTrusted: false,
    };
    return context;
  }

  /** The same peer coming again ends its own older sync; another one waits unless that sync has gone quiet. */
  async #makeRoom(
    held: HeldCard,
    { id }: Pick<Database, "id">,
    request?: OpenRequest,
  ): Promise<boolean> {
    if (this.#deps.loans.isTaken(held, id)) return false;
    for (const run of this.#runs.values()) {
      const { context } = run;
      if (run.isOver || context.held.uuid !== held.uuid || context.database !== id) continue;
      const isSamePeer =
        context.request.user === request?.user && context.request.deviceId === request.deviceId;
      const isQuiet = run.isSuspended || this.#deps.clock.now() - run.lastUsedMs > LEASE_MS;
      if (!isSamePeer && !isQuiet) return false;
      await this.abandon(context.syncId, "a newer session took its place");
    }
    return true;
  }

  #live(syncId: SyncId): SyncRun | undefined {
    const run = this.#touch(syncId);
    return run === undefined || run.isOver ? undefined : run;
  }

  #touch(syncId: SyncId): SyncRun | undefined {
    const run = this.#runs.get(syncId);
    if (run === undefined) return undefined;
    run.lastUsedMs = this.#deps.clock.now();
    this.#markUnsaved(run);
    return run;
  }

  #markUnsaved(run: SyncRun): void {
    const { session } = run.context.request;
    const runs = this.#unsaved.get(session) ?? new Set();
    this.#unsaved.set(session, runs.add(run));
  }

  #forgetOver(run: SyncRun): void {
    if (!run.isOver) return;
    const { syncId, report, held } = run.context;
    this.#runs.delete(syncId);
    if (report.hasReceived) this.#deps.onChanged?.(held.uuid);
  }
}
