import { LIMITS } from "../config/limits.ts";

/**
 * How long a peer is left alone after so many failures in a row: 1, 2, 4... minutes, up to an hour.
 * @param failures 1 or more
 * @returns milliseconds; undefined where it should not be tried again by itself
 */
export function retryDelayMs(failures: number): number | undefined {
  if (failures >= LIMITS.failuresBeforePause) return undefined;
  return Math.min(LIMITS.firstRetryMs * 2 ** (failures - 1), LIMITS.longestRetryMs);
}
