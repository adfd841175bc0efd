import type { Kysely } from "kysely";
import type { ScheduleRow } from "../store/peer-tables.ts";
import type { Tables } from "../store/schema.ts";

/** When a peer is synchronized by itself. */
export interface Schedule {
  /** Null: not by the clock. */
  readonly cron: string | null;
  /** IANA name. */
  readonly timeZone: string;
  readonly isOnInsert: boolean;
  readonly isOnChange: boolean;
  readonly jitterSeconds: number;
}

/** A schedule and what came of it. */
export interface ScheduleState extends Schedule {
  readonly peer: string;
  /** The next time of `cron`, ms since 1970; null where it is not known. */
  readonly nextDueMs: number | null;
  /** In a row. */
  readonly failures: number;
  /** Why it does not run by itself any more; null where it does. */
  readonly pausedReason: string | null;
}

/** Schedules, one a peer at most. */
export class ScheduleStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** @returns all, by peer */
  async list(): Promise<readonly ScheduleState[]> {
    const rows = await this.#db.selectFrom("schedules").selectAll().orderBy("peer").execute();
    return rows.map(toState);
  }

  async find(peer: string): Promise<ScheduleState | undefined> {
    const rows = this.#db.selectFrom("schedules").selectAll().where("peer", "=", peer);
    const row = await rows.executeTakeFirst();
    return row && toState(row);
  }

  /** Begins anew: without failures, not paused. @param schedule undefined for none */
  async set(peer: string, schedule: Schedule | undefined): Promise<void> {
    if (schedule === undefined) {
      await this.#db.deleteFrom("schedules").where("peer", "=", peer).execute();
      return;
    }
    const row: ScheduleRow = {
      peer,
      cron: schedule.cron,
      time_zone: schedule.timeZone,
      is_on_insert: Number(schedule.isOnInsert),
      is_on_change: Number(schedule.isOnChange),
      jitter_seconds: schedule.jitterSeconds,
      next_due_ms: null,
      failures: 0,
      paused_reason: null,
    };
    await this.#db.replaceInto("schedules").values(row).execute();
  }

  async setNextDue(peer: string, nextDueMs: number | null): Promise<void> {
    await this.#change(peer, { next_due_ms: nextDueMs });
  }

  /** @param pausedReason why the peer is left alone from now on; null: it is not */
  async noteOutcome(peer: string, failures: number, pausedReason: string | null): Promise<void> {
    await this.#change(peer, { failures, paused_reason: pausedReason });
  }

  async #change(peer: string, change: Partial<ScheduleRow>): Promise<void> {
    await this.#db.updateTable("schedules").set(change).where("peer", "=", peer).execute();
  }
}

const toState = (row: ScheduleRow): ScheduleState => ({
  peer: row.peer,
  cron: row.cron,
  timeZone: row.time_zone,
  isOnInsert: row.is_on_insert === 1,
  isOnChange: row.is_on_change === 1,
  jitterSeconds: row.jitter_seconds,
  nextDueMs: row.next_due_ms,
  failures: row.failures,
  pausedReason: row.paused_reason,
});
