import type { CardShelf } from "../bridge/card-shelf.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import type { SchedulerParts, ScheduledOutcome } from "../scheduler/scheduler.ts";
import type { PeerSyncResult } from "./peer-sync.ts";
import type { PeerStore } from "./peer-store.ts";
import type { PeerSyncs } from "./peer-syncs.ts";

/** What the scheduler needs of peers and cards. */
export function scheduledSyncs(parts: {
  readonly peers: PeerStore;
  readonly cards: CardShelf;
  readonly syncs: PeerSyncs;
}): Pick<SchedulerParts, "cardFor" | "sync"> {
  const { peers, cards, syncs } = parts;
  return {
    async cardFor(name) {
      const peer = (await peers.list()).find((each) => each.name === name);
      return peer && cardOf(cards, peer.card)?.uuid;
    },
    async sync({ peer: name }, uuid, signal) {
      const peer = await peers.get(name);
      const card = cardOf(cards, uuid);
      if (card === undefined) return { type: "failed", reason: "the card is gone" };
      const request = { peer, card, type: peer.type, mayMassDelete: false };
      return outcomeOf(await syncs.sync(request, { signal }));
    },
  };
}

/** @param uuid null for the only card that is present */
function cardOf(cards: CardShelf, uuid: string | null): HeldCard | undefined {
  const fitting = cards.list().filter((card) => uuid === null || card.uuid === uuid);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** A result without datastores and without a failure is a success */
function outcomeOf({ datastores, failure }: PeerSyncResult): ScheduledOutcome {
  if (failure !== undefined)
    return { type: failure.isTemporary ? "failed" : "stopped", reason: failure.reason };
  const refused = datastores.find(({ outcome }) => outcome === "refused");
  if (refused !== undefined) return { type: "stopped", reason: refused.reason };
  const failed = datastores.find(({ outcome }) => outcome === "failed" || outcome === "suspended");
  return failed === undefined ? { type: "done" } : { type: "failed", reason: failed.reason };
}
