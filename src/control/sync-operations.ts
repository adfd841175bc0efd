import type { HeldCard } from "../bridge/held-card.ts";
import type { PeerSyncProgress, PeerSyncResult } from "../peers/peer-sync.ts";
import type { PeerStore } from "../peers/peer-store.ts";
import type { PeerSyncs } from "../peers/peer-syncs.ts";
import type { Operations } from "./operations.ts";

/** Syncs by hand. */
export function syncOperations(parts: {
  readonly peers: PeerStore;
  readonly syncs: PeerSyncs;
  /** The card of that uuid, or the only one. @throws where it is not clear, or absent */
  readonly pick: (uuid: string | undefined) => HeldCard;
}): Pick<Operations, "peerSync"> {
  return {
    async peerSync({ peer: name, type, mayMassDelete }, { progress, signal } = {}) {
      const peer = await parts.peers.get(name);
      const card = parts.pick(peer.card ?? undefined);
      const request = { peer, card, type: type ?? peer.type, mayMassDelete };
      const result: PeerSyncResult = await parts.syncs.sync(request, {
        ...(signal === undefined ? {} : { signal }),
        ...(progress === undefined
          ? {}
          : {
              progress: (at: PeerSyncProgress) => {
                progress(describe(at));
              },
            }),
      });
      return { peer: name, card: card.uuid, ...result };
    },
  };
}

const describe = (at: PeerSyncProgress): string =>
  [
    at.datastore ?? "connecting",
    `${String(at.itemsSent)} items to the server (${inKb(at.bytesSent)})`,
    `${String(at.itemsReceived)} to the card (${inKb(at.bytesReceived)})`,
  ].join(", ");

const inKb = (bytes: number): string => `${String(Math.ceil(bytes / 1024))} KB`;
