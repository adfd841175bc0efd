import { CardError, type PimCard } from "../../card/index.ts";
import type { CardLease } from "./held-card.ts";

/**
 * Opens a sync on the card. A card that has lost its session since it was last used is asked once more, with a context
 * that knows nothing of the first try.
 */
export async function openAgainOnReset<C extends { readonly lease: CardLease }>(
  context: C,
  newContext: () => Promise<C>,
  open: (context: C, card: PimCard) => Promise<void>,
  isAgain = false,
): Promise<{ readonly context: C; readonly error?: unknown }> {
  try {
    await context.lease.run((card) => open(context, card));
    return { context };
  } catch (error) {
    if (isAgain || !(error instanceof CardError) || error.code !== "CARD_RESET")
      return { context, error };
    context.lease.end();
    return openAgainOnReset(await newContext(), newContext, open, true);
  }
}
