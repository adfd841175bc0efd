import type { CardUuid } from "../../card/index.ts";
import type { DatastoreResult, PeerSyncRequest, PeerSyncResult, RunPeerSync } from "./peer-sync.ts";

type Run = Parameters<RunPeerSync>[1];

/** Syncs with peers, one at a time on a card, in the order in which they were asked for. */
export class PeerSyncs {
  readonly #run: RunPeerSync;
  readonly #onChanged: (card: string, by: string) => void;
  readonly #tails = new Map<CardUuid, Promise<unknown>>();

  /** @param onChanged told of a card that may have been changed, and of the peer that knows */
  constructor(run: RunPeerSync, onChanged: (card: string, by: string) => void) {
    this.#run = run;
    this.#onChanged = onChanged;
  }

  /** @returns once it is over; one that is stopped while it waits for its turn begins nothing */
  async sync(request: PeerSyncRequest, run: Run): Promise<PeerSyncResult> {
    const { uuid } = request.card;
    const turn = (this.#tails.get(uuid) ?? Promise.resolve()).then(() =>
      run.signal?.aborted === true ? NOT_BEGUN : this.#run(request, run),
    );
    const tail = turn.catch(() => undefined);
    this.#tails.set(uuid, tail);
    try {
      const result = await turn;
      if (result.datastores.some(hasReceived)) this.#onChanged(uuid, request.peer.name);
      return result;
    } finally {
      if (this.#tails.get(uuid) === tail) this.#tails.delete(uuid);
    }
  }
}

const hasReceived = ({ received }: DatastoreResult): boolean =>
  received.added + received.changed + received.deleted > 0;

const NOT_BEGUN: PeerSyncResult = {
  datastores: [],
  bytesSent: 0,
  bytesReceived: 0,
  failure: { reason: "it was stopped before it began", isTemporary: true },
};
