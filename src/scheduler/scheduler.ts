import type { Logger } from "pino";
import type { Clock } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { retryDelayMs } from "./back-off.ts";
import { type CronTask, startCron } from "./cron.ts";
import { type Job, JobQueue } from "./job-queue.ts";
import type { ScheduleState, ScheduleStore } from "./schedule-store.ts";

/** What came of a sync that nobody watched. */
export type ScheduledOutcome =
  | { readonly type: "done" }
  /** It may go better later. */
  | { readonly type: "failed"; readonly reason: string }
  /** Only a person can go on: wrong password, consent to a mass deletion. */
  | { readonly type: "stopped"; readonly reason: string };

export interface SchedulerParts {
  readonly schedules: ScheduleStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** @returns the uuid of the peer's card; undefined where it is absent, or the peer is gone */
  readonly cardFor: (peer: string) => Promise<string | undefined>;
  readonly sync: (job: Job, card: string, signal: AbortSignal) => Promise<ScheduledOutcome>;
}

/** Says when a sync runs: by the clock, when a card comes, when a card was changed, and again after a failure. */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #queue: JobQueue;
  readonly #tasks = new Map<string, CronTask>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #stopping = new AbortController();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#queue = new JobQueue({
      cardFor: ({ peer }) => parts.cardFor(peer),
      run: (job, card) => this.#run(job, card),
    });
  }

  /** Begins; what was missed while nothing ran is done once. */
  async start(): Promise<void> {
    for (const schedule of await this.#parts.schedules.list()) {
      if (isMissed(schedule, this.#parts.clock.now())) this.#due(schedule.peer, "missed");
      await this.#startCron(schedule);
    }
  }

  /** A schedule was set, changed or removed. */
  async reload(peer: string): Promise<void> {
    this.#forget(peer);
    const schedule = await this.#parts.schedules.find(peer);
    if (schedule === undefined) this.#queue.drop(peer);
    else await this.#startCron(schedule);
  }

  /** A card has come to a reader. */
  async cardCame(card: string): Promise<void> {
    await this.#addAll(card, ({ isOnInsert }) => isOnInsert, "card inserted");
    this.#queue.wake();
  }

  /**
   * Items on the card were changed; their number in a short time does not matter.
   * @param by the peer who did it, and knows
   */
  cardChanged(card: string, by: string | undefined): void {
    this.#after(`changed ${card} ${by ?? ""}`, LIMITS.changeQuietMs, () =>
      this.#addAll(card, ({ isOnChange, peer }) => isOnChange && peer !== by, "card changed"),
    );
  }

  /** Resolves when nothing runs; a sync that does is suspended. */
  async stop(): Promise<void> {
    for (const task of this.#tasks.values()) task.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#stopping.abort();
    await this.#queue.close();
  }

  async #addAll(
    card: string,
    isMeant: (schedule: ScheduleState) => boolean,
    trigger: string,
  ): Promise<void> {
    for (const schedule of await this.#parts.schedules.list()) {
      if (schedule.pausedReason !== null || !isMeant(schedule)) continue;
      if ((await this.#parts.cardFor(schedule.peer)) === card) this.#due(schedule.peer, trigger);
    }
  }

  async #startCron({
    peer,
    cron,
    timeZone,
    jitterSeconds,
    pausedReason,
  }: ScheduleState): Promise<void> {
    if (cron === null || pausedReason !== null || this.#stopping.signal.aborted) return;
    const jitterMs = jitterSeconds * 1000;
    const task = startCron({ cron, timeZone, jitterMs }, () => {
      this.#due(peer, "schedule");
      this.#inBackground(() => this.#noteNext(peer, task));
    });
    this.#tasks.set(peer, task);
    await this.#noteNext(peer, task);
  }

  async #noteNext(peer: string, task: CronTask): Promise<void> {
    await this.#parts.schedules.setNextDue(peer, task.nextMs());
  }

  #due(peer: string, trigger: string): void {
    this.#parts.log.debug({ peer, trigger }, "a sync is due");
    this.#queue.add({ peer, trigger });
  }

  async #run(job: Job, card: string): Promise<void> {
    const { log, sync } = this.#parts;
    const { peer } = job;
    try {
      const outcome = await sync(job, card, this.#stopping.signal);
      await this.#noteOutcome(peer, outcome);
    } catch (error) {
      log.error({ peer, err: error }, "a sync could not be carried out");
    }
  }

  async #noteOutcome(peer: string, outcome: ScheduledOutcome): Promise<void> {
    const { schedules, log } = this.#parts;
    if (this.#stopping.signal.aborted) return;
    if (outcome.type === "done") {
      await schedules.noteOutcome(peer, 0, null);
      return;
    }
    const failures = ((await schedules.find(peer))?.failures ?? 0) + 1;
    const delayMs = outcome.type === "stopped" ? undefined : retryDelayMs(failures);
    if (delayMs === undefined) {
      this.#forget(peer);
      await schedules.noteOutcome(peer, failures, outcome.reason);
      log.warn({ peer, failures, reason: outcome.reason }, "a peer is paused until it is resumed");
      return;
    }
    await schedules.noteOutcome(peer, failures, null);
    log.warn(
      { peer, failures, reason: outcome.reason, delayMs },
      "a sync failed and is tried again",
    );
    this.#after(`retry ${peer}`, delayMs, () => {
      this.#due(peer, "retry");
    });
  }

  #forget(peer: string): void {
    this.#tasks.get(peer)?.stop();
    this.#tasks.delete(peer);
    clearTimeout(this.#timers.get(`retry ${peer}`));
  }

  #inBackground(work: () => void | Promise<void>): void {
    Promise.resolve()
      .then(work)
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error }, "the scheduler failed");
      });
  }

  /** The last call of that name counts. */
  #after(name: string, delayMs: number, work: () => void | Promise<void>): void {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#inBackground(work);
    }, delayMs);
    this.#timers.set(name, timer);
  }
}

const isMissed = ({ nextDueMs, pausedReason }: ScheduleState, nowMs: number): boolean =>
  nextDueMs !== null && nextDueMs <= nowMs && pausedReason === null;
