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

const EVERYTHING = "0000000000000000";

/** All pages of LIST CHANGES. @throws CardError CARD_MALFORMED where the cursor does not advance */
export const listAllChanges = async (
  exchange: Exchange,
  db: DatabaseId,
  query: { readonly base: SyncObject | "everything"; readonly mode: ListMode },
  signal?: AbortSignal,
): Promise<ListOutcome<ListedChange>> => {
  const object = fromHex(query.base === "everything" ? EVERYTHING : query.base);
  const accepted = [SW.moreData, SW.unknownReference];
  const changes: ListedChange[] = [];
  for (let cursor = 0; ;) {
    const call = { p1: db, p2: query.mode, data: concatBytes(object, u16(cursor)) };
    const { sw, data } = await exchange.sendOk("listChanges", call, accepted, signal);
    if (sw === SW.unknownReference) return { type: "unknownObject" };
    const page = expectDecoded("listChanges", decodeListPage(data, query.mode));
    changes.push(...page.entries);
    if (sw === SW.ok) return { type: "listed", changes };
    if (page.nextCursor <= cursor) throw malformed("LIST does not go on", "listChanges");
    cursor = page.nextCursor;
  }
};

/** All pages of LIST PEERS. @throws CardError CARD_MALFORMED where the cursor does not advance */
export const listAllPeers = async (exchange: Exchange): Promise<readonly Peer[]> => {
  const peers: Peer[] = [];
  for (let cursor = 0; ;) {
    const call = { data: Uint8Array.of(cursor) };
    const { sw, data } = await exchange.sendOk("listPeers", call, [SW.moreData]);
    const page = expectDecoded("listPeers", decodePeerPage(data));
    peers.push(...page.peers);
    if (sw === SW.ok) return peers;
    if (page.nextCursor <= cursor) throw malformed("LIST PEERS does not go on", "listPeers");
    cursor = page.nextCursor;
  }
};
