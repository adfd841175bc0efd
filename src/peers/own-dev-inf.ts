import {
  buildDevInf,
  type DatastoreDescription,
  type DevInf,
  type SyncmlVersion,
} from "../../syncml/index.ts";
import { DATASTORES, datastoreOf } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { ctCaps } from "../pim/ct-caps.ts";
import { mediaTypes } from "../pim/media-types.ts";
import { VERSION } from "../version.ts";

/** What a card says of itself to a server: the device is the card, wherever it is read. */
export function ownDevInf(card: HeldCard, version: SyncmlVersion): DevInf {
  const identity = { devId: card.uuid, man: "cardsync", mod: "cardsync", swV: VERSION };
  const stores: DatastoreDescription[] = card.databases.map(({ media }) => {
    const uri = datastoreOf(media);
    const { kind, displayName } = DATASTORES[uri];
    const types = mediaTypes(kind);
    return { uri, displayName, rx: types, tx: types, ctCaps: ctCaps(kind) };
  });
  return buildDevInf(identity, stores, version, { alerted: [], omitsCtCap: false });
}
