/** How long to wait before another try. */
export interface BackOff {
  /** After the first failure, ms; doubled with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** @param failures in a row, 1 or more @returns ms */
export const backOffMs = (failures: number, { firstMs, maxMs }: BackOff): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));

/**
 * What ran as long as the longest pause did not fail in a row with what was before it.
 * @returns how many failures in a row there are now, 1 or more
 */
export const countFailure = (failures: number, ranMs: number, { maxMs }: BackOff): number =>
  ranMs >= maxMs ? 1 : failures + 1;
