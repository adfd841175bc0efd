import type { ScriptedClientOptions } from "../support/scripted-client.ts";

/** How clients differ in what they do with anchors. */
export interface ClientKind {
  readonly name: string;
  readonly options: Partial<ScriptedClientOptions>;
}

/** Several messages each way, and items in chunks. */
const SMALL_MESSAGES = { maxMsgSize: 2_500, commandsPerMessage: 4, chunkLength: 250 } as const;

export const CLIENT_KINDS: readonly ClientKind[] = [true, false].flatMap((comparesOurLast) =>
  (["finalAnswer", "mapSent"] as const).map((commitsOn) => ({
    name: `${comparesOurLast ? "compares our Last" : "trusts our Last"}, commits ${
      commitsOn === "mapSent" ? "with its Map" : "on the final answer"
    }`,
    options: { comparesOurLast, commitsOn, ...SMALL_MESSAGES },
  })),
);
