import { createHash } from "node:crypto";
import type { PeerTag } from "../../card/index.ts";

/** Who DB2 is. Nothing local to one bridge goes in, so that a card finds its peers again at another one. */
export interface PeerIdentity {
  /** The role that cardsync plays towards the peer. */
  readonly role: "server" | "client";
  readonly user: string;
  /** The peer's device id, or the server's URL. */
  readonly device: string;
  /** The peer's datastore. */
  readonly datastore: string;
}

const TAG_HEX_DIGITS = 16;

/** First 8 bytes of SHA-256 over the fields, each with its length before it. Source: card/PROTOCOL.md, "PeerTag". */
export function peerTagOf(peer: PeerIdentity): PeerTag {
  const hash = createHash("sha256");
  for (const field of [peer.role, peer.user, peer.device, peer.datastore]) {
    const bytes = Buffer.from(field, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest("hex").slice(0, TAG_HEX_DIGITS) as PeerTag;
}
