import { inOrder, type PlannedChange } from "../outgoing-plan.ts";
import { mediaTypeFor } from "../peer-datastore.ts";
import type { ClientContext } from "./context.ts";
import { planClient } from "./plan.ts";

/** @returns what goes to the server in a sync of the agreed type */
export function planAll(context: ClientContext): readonly PlannedChange[] {
  switch (context.syncType) {
    case "twoWay":
    case "oneWayFromClient":
      return planClient({
        listed: context.listed.values(),
        inHand: inHand(context),
        missing: context.missing,
      });
    case "slow":
      return everything(context, "replace");
    case "refreshFromClient":
      return everything(context, "add");
    case "oneWayFromServer":
    case "refreshFromServer":
      return [];
  }
}

const inHand = ({ intents }: ClientContext): Set<PlannedChange["recordId"]> =>
  new Set(intents.flatMap(({ recordId }) => recordId ?? []));

function everything(context: ClientContext, op: "add" | "replace"): readonly PlannedChange[] {
  const readable = [...context.listed.values()].filter(({ hash }) => hash !== "");
  return inOrder(readable.map(({ recordId }) => ({ op, recordId })));
}

/** The media type that items go to the server in: what its DevInf prefers of what we can write. */
export const mediaTypeForServer = ({ kind, server, devInf }: ClientContext): string =>
  mediaTypeFor({
    kind,
    request: {
      peerUri: server.datastore,
      ...(devInf === undefined ? {} : { devInf }),
    },
  });
