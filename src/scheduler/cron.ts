import { createTask, type ScheduledTask, validate } from "node-cron";
import { BridgeError } from "../errors.ts";

/** A time table that runs. */
export interface CronTask {
  /** Milliseconds since 1970; null where there is no further one. */
  readonly nextMs: () => number | null;
  readonly stop: () => void;
}

/**
 * Calls back at the times of a cron expression, in its time zone, each time at most once.
 * @param jitterMs each call is late by a random part of it, so that many services do not call one server at once
 */
export function startCron(
  { cron, timeZone, jitterMs }: { cron: string; timeZone: string; jitterMs: number },
  onDue: () => void,
): CronTask {
  const task: ScheduledTask = createTask(cron, onDue, {
    timezone: timeZone,
    noOverlap: true,
    maxRandomDelay: jitterMs,
    suppressMissedWarning: true,
  });
  void task.start();
  return {
    nextMs: () => task.getNextRun()?.getTime() ?? null,
    stop: () => void task.destroy(),
  };
}

/** @throws BridgeError BRIDGE_USAGE with what is wrong */
export function checkCron(cron: string, timeZone: string): void {
  if (!validate(cron))
    throw new BridgeError(
      "BRIDGE_USAGE",
      `"${cron}" is no cron expression; "*/15 * * * *" is each quarter of an hour.`,
    );
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch (cause) {
    const sentence = `"${timeZone}" is no time zone; they are called like Europe/Berlin.`;
    throw new BridgeError("BRIDGE_USAGE", sentence, { cause });
  }
}
