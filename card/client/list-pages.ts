import { concatBytes, fromHex, u16 } from "../apdu/bytes.ts";
import { SW } from "../apdu/status-word.ts";
import type { DatabaseId, SyncObject } from "../commands/ids.ts";
import { decodeListPage } from "../commands/list-changes.ts";
import type { ListedChange, ListMode } from "../commands/list-changes.ts";
import { decodePeerPage } from "../commands/peer-list.ts";
import type { Peer } from "../commands/peer-list.ts";
import { expectDecoded, malformed } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import type { ListOutcome } from "./outcomes.ts";
import { MAX_ENTRIES, PageBudget } from "./page-budget.ts";

const EVERYTHING = "0000000000000000";

/** All pages of LIST CHANGES. @throws CardError CARD_MALFORMED for a list without end, or with a record twice */
export const listAllChanges = async (
  exchange: Exchange,
  db: DatabaseId,
  query: { readonly base: SyncObject | "everything"; readonly mode: ListMode },
  signal?: AbortSignal,
): Promise<ListOutcome<ListedChange>> => {
  const object = fromHex(query.base === "everything" ? EVERYTHING : query.base);
  const accepted = [SW.moreData, SW.unknownReference];
  const budget = new PageBudget("listChanges");
  const changes = new Map<number, ListedChange>();
  for (let cursor = 0; ;) {
    const call = { p1: db, p2: query.mode, data: concatBytes(object, u16(cursor)) };
    const { sw, data } = await exchange.sendOk("listChanges", call, accepted, signal);
    if (sw === SW.unknownReference) return { type: "unknownObject" };
    const page = expectDecoded("listChanges", decodeListPage(data, query.mode));
    budget.spend(data.length);
    addAll(changes, page.entries);
    if (sw === SW.ok) return { type: "listed", changes: [...changes.values()] };
    if (page.nextCursor <= cursor) throw malformed("LIST does not go on", "listChanges");
    cursor = page.nextCursor;
  }
};

const addAll = (changes: Map<number, ListedChange>, entries: readonly ListedChange[]): void => {
  for (const entry of entries) {
    if (changes.has(entry.id)) throw malformed("LIST names a record twice", "listChanges");
    changes.set(entry.id, entry);
  }
  if (changes.size > MAX_ENTRIES) throw malformed("LIST has no end", "listChanges");
};

/** All pages of LIST PEERS. @throws CardError CARD_MALFORMED where the cursor does not advance, or a slot comes twice */
export const listAllPeers = async (exchange: Exchange): Promise<readonly Peer[]> => {
  const peers = new Map<number, Peer>();
  for (let cursor = 0; ;) {
    const call = { data: Uint8Array.of(cursor) };
    const { sw, data } = await exchange.sendOk("listPeers", call, [SW.moreData]);
    const page = expectDecoded("listPeers", decodePeerPage(data));
    for (const peer of page.peers) {
      if (peers.has(peer.slot)) throw malformed("LIST PEERS names a slot twice", "listPeers");
      peers.set(peer.slot, peer);
    }
    if (sw === SW.ok) return [...peers.values()];
    if (page.nextCursor <= cursor) throw malformed("LIST PEERS does not go on", "listPeers");
    cursor = page.nextCursor;
  }
};
