/** Tables of `0002-links.ts`: none yet. */
export type LinkTables = Record<never, never>;
