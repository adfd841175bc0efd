import type { PeerStore } from "../peers/peer-store.ts";
import { checkCron } from "../scheduler/cron.ts";
import type { ScheduleState, ScheduleStore } from "../scheduler/schedule-store.ts";
import { BridgeError } from "../errors.ts";
import { LIMITS } from "../config/limits.ts";
import type { Operations } from "./operations.ts";

/** What a running service does with a schedule that was changed. */
export interface ScheduleListener {
  reload(peer: string): Promise<void>;
}

type ScheduleOperations = Pick<Operations, "scheduleSet" | "scheduleList">;

/**
 * When peers are synchronized by themselves.
 * @param parts.scheduler absent where no service runs: the next one reads what was set
 */
export function scheduleOperations(parts: {
  readonly peers: PeerStore;
  readonly schedules: ScheduleStore;
  readonly scheduler: () => ScheduleListener | undefined;
}): ScheduleOperations {
  const { peers, schedules } = parts;
  return {
    async scheduleSet({ peer, schedule }) {
      await peers.get(peer);
      if (schedule !== null) checkSchedule(schedule);
      await schedules.set(peer, schedule ?? undefined);
      await parts.scheduler()?.reload(peer);
      return null;
    },
    scheduleList: () => schedules.list(),
  };
}

/** @throws BridgeError BRIDGE_USAGE */
function checkSchedule({
  cron,
  timeZone,
  jitterSeconds,
}: Pick<ScheduleState, "cron" | "timeZone" | "jitterSeconds">): void {
  if (cron !== null) checkCron(cron, timeZone);
  if (
    Number.isInteger(jitterSeconds) &&
    jitterSeconds >= 0 &&
    jitterSeconds <= LIMITS.jitterSeconds
  )
    return;
  const most = String(LIMITS.jitterSeconds);
  throw new BridgeError("BRIDGE_USAGE", `A sync is late by 0 to ${most} seconds.`);
}
