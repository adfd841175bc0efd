import { CardError } from "../../card/index.ts";

/** The SyncML statuses that the bridge gives for items and datastores. Source: SyncML RepPro, "Response Status Codes". */
export const STATUS = {
  ok: 200,
  added: 201,
  clientWon: 208,
  duplicated: 209,
  notDeleted: 211,
  badRequest: 400,
  notFound: 404,
  notAllowed: 405,
  notSupported: 406,
  unsupportedType: 415,
  tooBig: 416,
  retryLater: 417,
  serverWon: 419,
  full: 420,
  failed: 500,
  datastoreFailed: 510,
} as const;

/** @returns the status for a datastore whose card failed: absent, locked, reset or in use is "retry later", anything else a failure */
export function statusOfError(error: unknown): 417 | 510 {
  if (!(error instanceof CardError)) return STATUS.datastoreFailed;
  return RETRY_LATER.has(error.code) ? STATUS.retryLater : STATUS.datastoreFailed;
}

const RETRY_LATER: ReadonlySet<string> = new Set([
  "CARD_ABSENT",
  "CARD_BUSY",
  "CARD_PIN",
  "CARD_READER_LOST",
  "CARD_RESET",
]);

/** One plain sentence for the history. Never holds contents. */
export function reasonOfError(error: unknown): string {
  if (error instanceof CardError) return `the card failed: ${error.code}`;
  return error instanceof Error ? `the sync failed: ${error.name}` : "the sync failed";
}
