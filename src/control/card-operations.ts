import type { DatabaseId, Peer, PeerTag, PimCard } from "../../card/index.ts";
import type { Bridge, LinkView } from "../bridge/bridge.ts";
import { datastoreOf } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { peerTagOf } from "../bridge/peer-tag.ts";
import { BridgeError } from "../errors.ts";
import type { AccountStore } from "../store/accounts.ts";
import type { CardPeer, WipeReport } from "./card-reports.ts";
import type { Operations } from "./operations.ts";

export interface CardOperationParts {
  readonly accounts: Pick<AccountStore, "list" | "bindCard">;
  readonly bridge: Pick<Bridge, "links" | "forgetContents">;
  readonly pick: (name: string | undefined) => HeldCard;
  /** @throws BridgeError for a label that no card can have, or that another card has */
  readonly checkLabel: (label: string) => void;
}

type CardAdministration = Pick<Operations, "cardLabel" | "cardPeers" | "cardForget" | "cardWipe">;

/** What the owner of a card does with it as a whole. */
export function cardAdministration(parts: CardOperationParts): CardAdministration {
  const { pick, bridge } = parts;
  return {
    async cardLabel({ card: name, label }) {
      const held = pick(name);
      if (label !== held.label) parts.checkLabel(label);
      const [first] = held.databases;
      if (first !== undefined) await held.remake((card) => card.putLabel(first.id, label));
      return null;
    },
    async cardPeers({ card: name }) {
      const held = pick(name);
      return describePeers(held, await held.run((card) => card.peers()), await bridge.links());
    },
    async cardForget({ card: name, peer }) {
      const held = pick(name);
      expectNoSync(held);
      const links = await bridge.links();
      return held.run(async (card) => {
        const peers = describePeers(held, await card.peers(), links);
        return forget(card, held, peers.filter(isMeant(peer)));
      });
    },
    async cardWipe({ card: name, dryRun }) {
      const held = pick(name);
      expectNoSync(held);
      const report = await held.run((card) => describeLoss(held, card));
      if (!dryRun) await wipeCard(held, parts);
      return report;
    },
  };
}

/**
 * Erases a card. It is the same piece of plastic then: it keeps its name, and whoever was bound to it.
 * @param fill what is done with the empty card before anybody else gets at it
 * @throws BridgeError BRIDGE_BUSY while a sync runs on the card
 */
export async function wipeCard(
  held: HeldCard,
  { accounts, bridge }: Pick<CardOperationParts, "accounts" | "bridge">,
  fill?: (card: PimCard) => Promise<void>,
): Promise<void> {
  const { label } = held;
  const [first] = held.databases;
  await held.remake(async (card) => {
    expectNoSync(held);
    const { uuid: before } = await card.identity();
    await card.wipe(before);
    const { uuid } = await card.identity();
    for (const user of await accounts.list())
      if (user.card === before) await accounts.bindCard(user.name, uuid);
    if (first !== undefined && label !== "") await card.putLabel(first.id, label);
    await bridge.forgetContents(before);
    await fill?.(card);
  });
}

/** @throws BridgeError BRIDGE_BUSY while a sync runs on the card */
export function expectNoSync(held: HeldCard): void {
  if (!held.isLeased) return;
  throw new BridgeError("BRIDGE_BUSY", "A sync runs on this card: try again when it has ended.");
}

function describePeers(
  held: HeldCard,
  peers: readonly Peer[],
  links: readonly LinkView[],
): readonly CardPeer[] {
  const known = new Map(
    links
      .filter(({ card }) => card === held.uuid)
      .map((link) => [peerTagOf({ role: "server", ...link }), link] as const),
  );
  return peers.map((peer) => {
    const link = known.get(peer.peerTag);
    return {
      database: nameOf(held, peer.db),
      tag: peer.peerTag,
      commits: peer.commits,
      holds: holdsOf(peer),
      ...(link && { user: link.user, device: link.device, datastore: link.datastore }),
    };
  });
}

const holdsOf = ({ hasCurrent, hasPrevious, hasPending, isOpen }: Peer): readonly string[] => [
  ...(hasCurrent ? ["current"] : []),
  ...(hasPrevious ? ["previous"] : []),
  ...(hasPending ? ["pending"] : []),
  ...(isOpen ? ["open"] : []),
];

/** By tag, by device, or all of them. */
const isMeant =
  (wish: string) =>
  ({ tag, device }: CardPeer): boolean =>
    wish === "all" || tag === wish.toLowerCase() || device === wish;

async function forget(
  card: PimCard,
  held: HeldCard,
  peers: readonly CardPeer[],
): Promise<readonly CardPeer[]> {
  if (peers.length === 0)
    throw new BridgeError(
      "BRIDGE_NOT_FOUND",
      "There is no such peer; `cardsync card peers` shows all.",
    );
  for (const { database, tag } of peers) {
    const id = held.databases.find(({ media }) => datastoreOf(media) === database)?.id;
    if (id !== undefined) await card.forgetPeer(id, tag as PeerTag);
  }
  return peers;
}

async function describeLoss(held: HeldCard, card: PimCard): Promise<WipeReport> {
  const databases = await card.databases();
  const items = Object.fromEntries(
    databases.map(({ media, live }) => [datastoreOf(media), live] as const),
  );
  return { label: held.label, items, peers: (await card.peers()).length };
}

function nameOf(held: HeldCard, id: DatabaseId): string {
  const media = held.databases.find((database) => database.id === id)?.media;
  return media === undefined ? String(id) : datastoreOf(media);
}
