import type { Kysely } from "kysely";
import type { PimCard } from "../../../card/index.ts";
import type {
  Acknowledgement,
  AnswerVerdict,
  Instant,
  LocalChange,
  MapPair,
  ServerAnswer,
  ServerOperation,
  SyncType,
} from "../../../syncml/index.ts";
import { toGuid } from "../../../syncml/index.ts";
import type { Tables } from "../../store/schema.ts";
import { shiftGenerations } from "../link.ts";
import { Preparation } from "../preparation.ts";
import { STATUS } from "../status-map.ts";
import { comparesAll, isFromCardOnly } from "../sync-context.ts";
import { TYPE_NAMES } from "../sync-report.ts";
import { agreeOn, isRefusal } from "./agree.ts";
import { isAcceptable } from "./accepted-type.ts";
import type { ClientContext } from "./context.ts";
import { endOf, type ClientEnd } from "./end.ts";
import { Incoming, type ItemResult } from "./incoming.ts";
import { takeAttempt } from "./open.ts";
import { luidOf } from "./operation.ts";
import { ClientOutgoing } from "./outgoing.ts";
import { mediaTypeForServer } from "./package-three.ts";
import { ClientSaver } from "./save.ts";
import { SyncStopped } from "./sync-stopped.ts";
import { recordsToTouch } from "./to-touch.ts";

/** Operations after which the time is looked at. */
const SLICE = 25;

/**
 * One datastore's sync with a server, in one session or, where the server refuses an attempt, in several. States, in order:
 * `opened` - `agreed` (the server's Alert is followed) - `received` (its changes are all in) - `committed` | `ended`.
 *
 * Order of what becomes durable: the pending generation and PREPARE before package 3; intents before each write; what a
 * message did with {@link flush}, before the next message leaves; TOUCH and `received` before the last one; then COMMIT.
 */
export class ClientRun {
  readonly context: ClientContext;
  readonly #preparation: Preparation;
  readonly #saver: ClientSaver;
  #incoming: Incoming | undefined;
  #outgoing: ClientOutgoing | undefined;
  #phase: "opened" | "agreed" | "received" | "committed" | "ended" = "opened";
  #tried = 0;

  constructor(context: ClientContext) {
    this.context = context;
    this.#preparation = new Preparation(context);
    this.#saver = new ClientSaver(context, this.#preparation);
  }

  get isOver(): boolean {
    return this.#phase === "committed" || this.#phase === "ended";
  }

  /** What the Alert asks for. */
  get requestedType(): SyncType {
    const { wanted, attempt } = this.context;
    return attempt.base === "none" && !comparesAll(wanted) ? "slow" : wanted;
  }

  /** How it ended; undefined while it runs. */
  get end(): ClientEnd | undefined {
    return this.#saver.end;
  }

  /** The server has answered our Alert. Nothing has been written but what it proved. */
  async answered(answer: ServerAnswer): Promise<AnswerVerdict> {
    const { context } = this;
    if (this.isOver) return { type: "refuse", reason: context.reason };
    if (isRefusal(answer, context)) {
      if (this.#takeNext()) return { type: "again" };
      context.reason = "the server does not hold the object of our last sync";
    }
    if (!isAcceptable(this.requestedType, answer.syncType, context.consent))
      return this.#refuse(`the server wants a ${TYPE_NAMES[answer.syncType]} sync`);
    context.request = { anchor: answer.anchor };
    return (await this.#run((card) => this.#agree(card, answer.syncType))) ?? this.#refusal();
  }

  async #agree(card: PimCard, syncType: SyncType): Promise<AnswerVerdict> {
    const { context } = this;
    const planned = await agreeOn(context, card, syncType);
    this.#outgoing = new ClientOutgoing(context, mediaTypeForServer(context), planned);
    this.#incoming = new Incoming(context, this.#preparation);
    this.#phase = "agreed";
    return { type: "go" };
  }

  /** @returns the number of our changes; undefined where the sync is lost */
  async prepare(): Promise<number | undefined> {
    const outgoing = this.#outgoing;
    if (this.isOver || outgoing === undefined) return undefined;
    return this.#run(async (card) => {
      await this.#preparation.prepare(card);
      return outgoing.count;
    });
  }

  async nextChanges(
    maxBytes: number,
    until: Instant,
  ): Promise<{ readonly changes: readonly LocalChange[]; readonly isDone: boolean }> {
    const outgoing = this.#outgoing;
    if (this.isOver || outgoing === undefined) return { changes: [], isDone: true };
    const isLate = (): boolean => this.context.now() >= until;
    const changes = await this.#run((card) => outgoing.next(card, maxBytes, isLate));
    return changes === undefined
      ? { changes: [], isDone: true }
      : { changes, isDone: outgoing.isDone };
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): void {
    for (const acknowledgement of acknowledgements) this.#outgoing?.acknowledge(acknowledgement);
  }

  async apply(
    operations: readonly ServerOperation[],
    until: Instant,
  ): Promise<readonly ItemResult[]> {
    const lost = operations.map(() => ({ status: STATUS.datastoreFailed }));
    const incoming = this.#incoming;
    if (this.isOver || incoming === undefined) return lost;
    if (!receives(this.context)) return operations.map(() => ({ status: STATUS.notAllowed }));
    const results: ItemResult[] = [];
    const isDone = await this.#run(async (card) => {
      for (let at = 0; at < operations.length; at += SLICE) {
        if (at > 0 && this.context.now() >= until) return true;
        results.push(...(await incoming.take(card, operations.slice(at, at + SLICE))));
        this.#saver.hasResults();
      }
      return true;
    });
    return isDone === undefined ? lost : results;
  }

  /**
   * The server's package 4 is complete. What the server is to hear of next time is touched now: after our next message it
   * may hold the new object. @returns false where the sync is lost
   */
  async endOfServerChanges(): Promise<boolean> {
    const incoming = this.#incoming;
    if (this.isOver || incoming === undefined) return this.#phase === "committed";
    const isDone = await this.#run(async (card) => {
      await incoming.end(card);
      this.#saver.hasResults();
      const unanswered = this.#outgoing?.unanswered() ?? [];
      for (const recordId of recordsToTouch(this.context, unanswered))
        await card.touch(this.context.database, recordId);
      this.#preparation.setPhase("received");
      this.#phase = "received";
      return true;
    });
    return isDone ?? false;
  }

  mapsToSend(): readonly MapPair[] {
    if (this.#phase === "ended") return [];
    const { maps } = this.context;
    const open = maps.unanswered();
    maps.sent(open.map(({ guid }) => guid));
    return open.map(({ guid, recordId }) => ({ guid: toGuid(guid), luid: luidOf(recordId) }));
  }

  mapsAcknowledged(pairs: readonly MapPair[]): void {
    if (this.#phase === "ended") return;
    this.context.maps.confirmed(pairs.map(({ guid }) => guid));
  }

  /** @returns false where it could not be committed */
  async finish(): Promise<boolean> {
    if (this.isOver) return this.#phase === "committed";
    if (this.#phase !== "received" && !(await this.endOfServerChanges())) return false;
    const isDone = await this.#run(async (card) => {
      this.#preparation.setPhase("committing");
      await this.save();
      const { database, target } = this.context;
      const answer = await card.commitSync(database, target);
      if (answer.type !== "committed") throw new Error("the card refused the commit");
      this.#commitLink();
      return true;
    });
    if (isDone === true) await this.save();
    return isDone ?? false;
  }

  #commitLink(): void {
    const { context } = this;
    context.maps.dropOld();
    context.link = { ...shiftGenerations(context.link), lastSyncMs: context.now() };
    this.#preparation.linkChanged();
    this.#phase = "committed";
    context.lease.end();
    const outcome = context.report.failed === 0 ? "ok" : "partial";
    this.#saver.ended({ outcome, reason: context.reason });
  }

  /** Gives the sync up; what was written stays and the next sync finds it. */
  async abandon(reason: string): Promise<void> {
    if (this.isOver) return;
    const { lease, database } = this.context;
    await lease.run((card) => card.abortSync(database, {})).catch(() => undefined);
    this.#stop({ outcome: "failed", reason });
    await this.save();
  }

  save(): Promise<void> {
    return this.context.db.transaction().execute((trx) => this.flush(trx));
  }

  /** Part of the transaction in which a message's results become durable. */
  flush(trx: Kysely<Tables>): Promise<void> {
    return this.#saver.save(trx);
  }

  /** The next session names another object as the one that both sides hold. */
  #takeNext(): boolean {
    const next = this.context.start.attempts[this.#tried + 1];
    if (next === undefined) return false;
    this.#tried += 1;
    takeAttempt(this.context, next);
    return true;
  }

  async #refuse(reason: string): Promise<AnswerVerdict> {
    await this.abandon(reason);
    return { type: "refuse", reason };
  }

  #refusal(): AnswerVerdict {
    return { type: "refuse", reason: this.#saver.end?.reason ?? "the sync is over" };
  }

  /** @returns undefined where the sync is over now */
  async #run<T>(work: (card: PimCard) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.context.lease.run(work);
    } catch (error) {
      const { log, datastore } = this.context;
      if (error instanceof SyncStopped) log.warn({ datastore }, error.message);
      else log.error({ datastore, err: error }, "a sync with a server failed");
      this.#saver.hasFailed();
      this.#stop(endOf(error));
      await this.save();
      return undefined;
    }
  }

  #stop(end: ClientEnd): void {
    this.#phase = "ended";
    this.context.lease.end();
    this.#saver.ended(end);
  }
}

const receives = ({ syncType }: ClientContext): boolean =>
  syncType === "twoWay" || syncType === "slow" || isFromCardOnly(syncType);
