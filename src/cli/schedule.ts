import { type Command, InvalidArgumentError } from "commander";
import { BridgeError } from "../errors.ts";
import type { Schedule, ScheduleState } from "../scheduler/schedule-store.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printTable } from "./output.ts";
import { withOperations } from "./with-operations.ts";

interface ScheduleOptions extends FolderOptions {
  readonly timeZone?: string;
  readonly jitter: number;
  readonly onInsert?: true;
  readonly onChange?: true;
  readonly off?: true;
  readonly json?: true;
}

const HELP = `
The service (cardsync serve) does it. What was missed while it did not run, or while the card was not there, is done once as
soon as it can be. After repeated failures a peer is paused; setting its schedule again resumes it.

Examples:
  cardsync schedule                                   show all schedules
  cardsync schedule home "*/15 * * * *"               each quarter of an hour
  cardsync schedule home "0 7 * * 1-5" --time-zone Europe/Berlin --on-insert
  cardsync schedule home --on-change                  5 seconds after the card was changed
  cardsync schedule home --off`;

/** `cardsync schedule` */
export function addScheduleCommand(program: Command, context: CliContext): void {
  addFolderOptions(program.command("schedule [peer] [cron]"))
    .description("when the card is taken to a peer by itself; without a peer all schedules")
    .option("--time-zone <zone>", "of the cron expression (default: the system's)")
    .option("--jitter <seconds>", "be late by a random time of up to so many", parseSeconds, 0)
    .option("--on-insert", "when the card comes to a reader")
    .option("--on-change", "when items on the card were changed by others")
    .option("--off", "no more")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(
      async (peer: string | undefined, cron: string | undefined, options: ScheduleOptions) => {
        if (peer === undefined) await show(context, options);
        else await set(context, peer, { ...options, cron });
      },
    );
}

async function set(
  context: CliContext,
  peer: string,
  options: ScheduleOptions & { readonly cron: string | undefined },
): Promise<void> {
  const schedule = options.off === true ? null : scheduleIn(options);
  await withOperations(context, options, (each) => each.scheduleSet({ peer, schedule }));
}

function scheduleIn(options: ScheduleOptions & { readonly cron: string | undefined }): Schedule {
  const { cron, timeZone, jitter, onInsert, onChange } = options;
  if (cron === undefined && onInsert === undefined && onChange === undefined)
    throw new BridgeError(
      "BRIDGE_USAGE",
      "When? Give a cron expression, --on-insert, --on-change or --off.",
    );
  return {
    cron: cron ?? null,
    timeZone: timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    isOnInsert: onInsert === true,
    isOnChange: onChange === true,
    jitterSeconds: jitter,
  };
}

async function show(context: CliContext, options: ScheduleOptions): Promise<void> {
  const schedules = await withOperations(context, options, (each) => each.scheduleList({}));
  if (options.json === true) printJson(context.stdout, schedules);
  else printTable(context.stdout, ["PEER", "WHEN", "NEXT", "STATE"], schedules.map(toRow));
}

function toRow(schedule: ScheduleState): readonly string[] {
  const { peer, cron, timeZone, isOnInsert, isOnChange, nextDueMs, failures } = schedule;
  const when = [
    ...(cron === null ? [] : [`${cron} (${timeZone})`]),
    ...(isOnInsert ? ["card inserted"] : []),
    ...(isOnChange ? ["card changed"] : []),
  ];
  const failing = failures === 0 ? "ok" : `failed ${String(failures)} times`;
  return [
    peer,
    when.join(", "),
    nextDueMs === null ? "-" : new Date(nextDueMs).toISOString(),
    schedule.pausedReason === null ? failing : `paused: ${schedule.pausedReason}`,
  ];
}

function parseSeconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A number of seconds is needed.");
}
