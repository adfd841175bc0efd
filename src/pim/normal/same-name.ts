/** One property under several names; SyncEvolution writes some of them twice. */
const SAME_NAME: ReadonlyMap<string, string> = new Map([
  ["ANNIVERSARY", "X-ANNIVERSARY"],
  ["X-EVOLUTION-ANNIVERSARY", "X-ANNIVERSARY"],
  ["X-EVOLUTION-SPOUSE", "X-SPOUSE"],
  ["X-EVOLUTION-MANAGER", "X-MANAGER"],
  ["X-EVOLUTION-ASSISTANT", "X-ASSISTANT"],
]);

/** Names of properties that programs write under several. */
export const ONE_OF_SEVERAL: ReadonlySet<string> = new Set(SAME_NAME.values());

/** @returns the one name for a property that goes by several, else `name` */
export const sameName = (name: string): string => SAME_NAME.get(name) ?? name;
