import type { Kysely } from "kysely";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../../src/config/limits.ts";
import { retryDelayMs } from "../../../../src/scheduler/back-off.ts";
import { checkCron } from "../../../../src/scheduler/cron.ts";
import { type Schedule, ScheduleStore } from "../../../../src/scheduler/schedule-store.ts";
import { type ScheduledOutcome, Scheduler } from "../../../../src/scheduler/scheduler.ts";
import { openDatabase } from "../../../../src/store/database.ts";
import type { Tables } from "../../../../src/store/schema.ts";

const MINUTE = 60_000;
const NONE: Schedule = {
  cron: null,
  timeZone: "Europe/Berlin",
  isOnInsert: false,
  isOnChange: false,
  jitterSeconds: 0,
};

let db: Kysely<Tables>;
let schedules: ScheduleStore;
let scheduler: Scheduler;
let cards: Record<string, string | undefined>;
let outcome: ScheduledOutcome;
let ran: string[];

function newScheduler(): Scheduler {
  return new Scheduler({
    schedules,
    clock: { now: () => Date.now() },
    log: pino({ level: "silent" }),
    cardFor: (peer) => Promise.resolve(cards[peer]),
    sync: ({ peer, trigger }) => {
      ran.push(`${peer}: ${trigger}`);
      return Promise.resolve(outcome);
    },
  });
}

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date("2026-03-01T00:00:30Z") });
  db = await openDatabase(":memory:");
  schedules = new ScheduleStore(db);
  cards = { home: "card-a", work: "card-b" };
  outcome = { type: "done" };
  ran = [];
  for (const name of ["home", "work"])
    await db
      .insertInto("peers")
      .values({ name, settings: "{}", password: new Uint8Array(), created_at_ms: 0 })
      .execute();
  scheduler = newScheduler();
});
afterEach(async () => {
  await scheduler.stop();
  await db.destroy();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("a schedule", () => {
  it("runs by the clock", async () => {
    await schedules.set("home", { ...NONE, cron: "*/15 * * * *" });
    await scheduler.start();
    await pass(61 * MINUTE);
    expect(ran).toEqual(Array.from({ length: 4 }, () => "home: schedule"));
  });

  it("runs in its time zone, also over the change of the clocks", async () => {
    vi.setSystemTime(new Date("2026-03-28T11:00:00Z"));
    await schedules.set("home", { ...NONE, cron: "0 12 * * *" });
    await scheduler.start();
    const at: string[] = [];
    for (let hour = 0; hour < 48; hour += 1) {
      await pass(60 * MINUTE);
      if (ran.length > at.length) at.push(new Date().toISOString());
    }
    expect(at).toEqual(["2026-03-29T10:00:00.000Z", "2026-03-30T10:00:00.000Z"]);
  });

  it("that was missed while nothing ran is caught up once", async () => {
    await schedules.set("home", { ...NONE, cron: "*/15 * * * *" });
    await scheduler.start();
    await scheduler.stop();
    await pass(100 * MINUTE);
    scheduler = newScheduler();
    await scheduler.start();
    await pass(1);
    expect(ran).toEqual(["home: missed"]);
  });

  it("with jitter is late by no more than that", async () => {
    await schedules.set("home", { ...NONE, cron: "0 * * * *", jitterSeconds: 60 });
    await scheduler.start();
    await pass(59 * MINUTE);
    expect(ran).toEqual([]);
    await pass(2 * MINUTE);
    expect(ran).toEqual(["home: schedule"]);
  });

  it("waits for its card", async () => {
    cards["home"] = undefined;
    await schedules.set("home", { ...NONE, cron: "* * * * *" });
    await scheduler.start();
    await pass(5 * MINUTE);
    expect(ran).toEqual([]);
    cards["home"] = "card-a";
    await scheduler.cardCame("card-a");
    await pass(1);
    expect(ran).toEqual(["home: schedule"]);
  });

  it("ends when it is removed, and begins when it is set", async () => {
    await schedules.set("home", { ...NONE, cron: "* * * * *" });
    await scheduler.start();
    await schedules.set("home", undefined);
    await scheduler.reload("home");
    await schedules.set("work", { ...NONE, cron: "* * * * *" });
    await scheduler.reload("work");
    await pass(MINUTE);
    expect(ran).toEqual(["work: schedule"]);
  });
});

describe("a card", () => {
  it("that is inserted goes to the peers that want it then", async () => {
    await schedules.set("home", { ...NONE, isOnInsert: true });
    await schedules.set("work", { ...NONE, isOnInsert: true });
    await scheduler.start();
    await scheduler.cardCame("card-b");
    await pass(1);
    expect(ran).toEqual(["work: card inserted"]);
  });

  it("that was changed goes to the others once it is left alone", async () => {
    cards["work"] = "card-a";
    await schedules.set("home", { ...NONE, isOnChange: true });
    await schedules.set("work", { ...NONE, isOnChange: true });
    await scheduler.start();
    for (let each = 0; each < 5; each += 1) {
      scheduler.cardChanged("card-a", "home");
      await pass(LIMITS.changeQuietMs / 2);
    }
    expect(ran).toEqual([]);
    await pass(LIMITS.changeQuietMs);
    expect(ran).toEqual(["work: card changed"]);
  });
});

describe("failures", () => {
  it("are tried again after longer and longer pauses, until the peer is paused", async () => {
    outcome = { type: "failed", reason: "the server is gone" };
    await schedules.set("home", { ...NONE, isOnInsert: true });
    await scheduler.start();
    await scheduler.cardCame("card-a");
    await pass(1);
    for (let failures = 1; failures < LIMITS.failuresBeforePause; failures += 1) {
      expect(ran).toHaveLength(failures);
      const delayMs = retryDelayMs(failures) ?? 0;
      await pass(0.9 * delayMs);
      expect(ran).toHaveLength(failures);
      await pass(0.1 * delayMs + 10);
    }
    await pass(10 * LIMITS.longestRetryMs);
    expect(ran).toHaveLength(LIMITS.failuresBeforePause);
    expect(await schedules.find("home")).toMatchObject({ pausedReason: "the server is gone" });
    await scheduler.cardCame("card-a");
    await pass(1);
    expect(ran).toHaveLength(LIMITS.failuresBeforePause);
  });

  it("are forgotten after a success", async () => {
    outcome = { type: "failed", reason: "no network" };
    await schedules.set("home", { ...NONE, isOnInsert: true });
    await scheduler.start();
    await scheduler.cardCame("card-a");
    await pass(1);
    expect(await schedules.find("home")).toMatchObject({ failures: 1, pausedReason: null });
    outcome = { type: "done" };
    await pass(LIMITS.firstRetryMs);
    expect(await schedules.find("home")).toMatchObject({ failures: 0, pausedReason: null });
    expect(ran).toEqual(["home: card inserted", "home: retry"]);
  });

  it("that only a person can mend pause the peer at once, until it is scheduled anew", async () => {
    outcome = { type: "stopped", reason: "wrong password" };
    await schedules.set("home", { ...NONE, cron: "* * * * *" });
    await scheduler.start();
    await pass(10 * MINUTE);
    expect(ran).toHaveLength(1);
    expect(await schedules.find("home")).toMatchObject({ pausedReason: "wrong password" });
    outcome = { type: "done" };
    await schedules.set("home", { ...NONE, cron: "* * * * *" });
    await scheduler.reload("home");
    await pass(2 * MINUTE);
    expect(ran).toHaveLength(3);
  });

  it("wait 1, 2, 4 minutes, an hour at most", () => {
    const delays = Array.from({ length: LIMITS.failuresBeforePause }, (_, at) =>
      retryDelayMs(at + 1),
    );
    expect(delays.slice(0, 3)).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE]);
    expect(delays.at(-1)).toBeUndefined();
    for (const delay of delays.slice(0, -1)) expect(delay).toBeLessThanOrEqual(60 * MINUTE);
  });
});

describe("what cannot be a schedule", () => {
  it.each(["", "* * *", "61 * * * *", "x"])("the expression %j", (cron) => {
    expect(() => {
      checkCron(cron, "UTC");
    }).toThrow(expect.objectContaining({ code: "BRIDGE_USAGE" }) as Error);
  });

  it("an unknown time zone", () => {
    expect(() => {
      checkCron("* * * * *", "Mars/Olympus");
    }).toThrow(expect.objectContaining({ code: "BRIDGE_USAGE" }) as Error);
  });
});
