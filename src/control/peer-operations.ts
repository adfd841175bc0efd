import type { PeerStore } from "../peers/peer-store.ts";
import type { Operations } from "./operations.ts";

type PeerOperations = Pick<Operations, "peerAdd" | "peerEdit" | "peerRemove" | "peerList">;

const UUID = /^[0-9a-f]{16}$/i;

/**
 * The servers that cards are taken to.
 * @param uuidOf the card of that label or uuid, among those present
 */
export function peerOperations(peers: PeerStore, uuidOf: (name: string) => string): PeerOperations {
  const bound = (card: string | null | undefined): { readonly card?: string | null } => {
    if (card === undefined || card === null) return card === null ? { card } : {};
    // A card that is not here can be named by its uuid.
    return { card: UUID.test(card) ? card.toLowerCase() : uuidOf(card) };
  };
  return {
    async peerAdd({ name, settings, password, card }) {
      await peers.add(name, { ...settings, ...bound(card) }, password);
      return null;
    },
    async peerEdit({ name, changes, password, card }) {
      await peers.edit(name, { ...changes, ...bound(card) }, password);
      return null;
    },
    async peerRemove({ name }) {
      await peers.remove(name);
      return null;
    },
    peerList: () => peers.list(),
  };
}
