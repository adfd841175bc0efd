import type { PimCard } from "../../../card/index.ts";
import type { ServerAnswer, SyncType } from "../../../syncml/index.ts";
import type { PlannedChange } from "../outgoing-plan.ts";
import { comparesAll } from "../sync-context.ts";
import type { ClientContext } from "./context.ts";
import { liveItems } from "./incoming.ts";
import { needsConsent } from "./needs-consent.ts";
import { takeAccepted } from "./open.ts";
import { planAll } from "./package-three.ts";
import { SyncStopped } from "./sync-stopped.ts";

/** Refresh required: the server does not hold our Last. */
const REFRESH_REQUIRED = 508;

/** Whether the server does not hold what a fast attempt says both sides do. */
export const isRefusal = (
  { status, syncType }: ServerAnswer,
  { attempt }: Pick<ClientContext, "attempt">,
): boolean => attempt.base !== "none" && (status === REFRESH_REQUIRED || comparesAll(syncType));

/**
 * Both sides have agreed on a type: finds what goes out.
 * @throws SyncStopped where the card has lost so much that a person has to allow it
 */
export async function agreeOn(
  context: ClientContext,
  card: PimCard,
  syncType: SyncType,
): Promise<readonly PlannedChange[]> {
  await takeAccepted(context, card, syncType);
  const planned = planAll(context);
  const deletions = planned.filter(({ op }) => op === "delete").length;
  if (context.consent.mayDeleteMany || deletions < 2) return planned;
  const items = (await liveItems(card, context)) + deletions;
  if (!needsConsent({ deletions, items })) return planned;
  throw new SyncStopped(
    `the card has lost ${String(deletions)} of ${String(items)} items since the last sync`,
  );
}
