import type { PimCard } from "../../card/index.ts";
import { OneWayIntake, RefreshIntake } from "./card-only-intake.ts";
import { CardWriter } from "./card-writer.ts";
import { FastIntake } from "./fast-intake.ts";
import type { Intake } from "./item-intake.ts";
import { SlowIntake } from "./slow-intake.ts";
import { comparesAll, isFromCardOnly, type SyncContext } from "./sync-context.ts";

/** @returns how this kind of sync treats the peer's items */
export async function makeIntake(context: SyncContext, card: PimCard): Promise<Intake> {
  const writer = new CardWriter(context);
  if (!comparesAll(context.syncType)) {
    const fast = new FastIntake(context, writer);
    return isFromCardOnly(context.syncType) ? new OneWayIntake(fast) : fast;
  }
  const live = context.versions.filter((version) => !version.isDeleted);
  await context.map.load({ type: "all" });
  await context.image.retain(new Set(live.map((version) => version.id)));
  const entries = await context.records.know(card, live);
  return context.syncType === "refreshFromServer"
    ? new RefreshIntake(entries.keys())
    : new SlowIntake(context, writer, entries.values());
}
