/** Knobs that change what an item looks like. */
export const contentKnobs = {} as const;
