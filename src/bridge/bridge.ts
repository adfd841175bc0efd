import type { Kysely } from "kysely";
import type { CardUuid, DatabaseId, RecordId } from "../../card/index.ts";
import type { Clock, Datastores, SessionStore } from "../../syncml/index.ts";
import type { Logger } from "pino";
import type { Cipher } from "../store/cipher.ts";
import { forgetErasedCard } from "../store/erased-card.ts";
import { KeptContents } from "../store/kept-contents.ts";
import { listLinks } from "../store/link-store.ts";
import type { Tables } from "../store/schema.ts";
import { createSessionStore } from "../store/session-store.ts";
import { CardDatastores } from "./card-datastores.ts";
import { CardOnServer } from "./client/card-on-server.ts";
import type { ToServerWish } from "./client/make-context.ts";
import { cardItems } from "./card-items.ts";
import type { CardShelf } from "./card-shelf.ts";
import { type CardVersion, dropFalseEntries } from "./check-image.ts";
import type { ConflictPolicy } from "./conflict.ts";
import { DATASTORE_NAMES } from "./databases.ts";
import type { HeldCard } from "./held-card.ts";
import {
  viewHistory,
  viewSync,
  type HistoryView,
  type SyncView,
  type SyncViewWish,
} from "./history-view.ts";
import { Images } from "./images.ts";
import { Loans } from "./loans.ts";
import { undoSync, type UndoReport, type UndoWish } from "./undo.ts";
import type { UndoWatch } from "./undo-step.ts";

export interface BridgeDeps {
  readonly db: Kysely<Tables>;
  readonly cipher: Cipher;
  readonly cards: CardShelf;
  readonly clock: Clock;
  readonly log: Logger;
  readonly conflictPolicy: (user: string, deviceId: string) => ConflictPolicy;
  /** A device's sync has ended and may have changed the card. */
  readonly onChanged?: (card: CardUuid) => void;
  /** Where the image of the card is kept. */
  readonly keepImage: "disk" | "memory";
}

export interface LinkView {
  readonly card: string;
  readonly database: string;
  readonly user: string;
  readonly device: string;
  readonly datastore: string;
  readonly generation: number;
  /** ISO 8601; null before the first success. */
  readonly lastSync: string | null;
  readonly items: number;
  /** Why the next sync will be a slow one, where that is known already. */
  readonly nextIsSlow?: string;
}

export interface Bridge {
  readonly datastores: Datastores;
  readonly sessions: SessionStore;
  /** A card's datastores on their way to a server, for one run. */
  toServer(wish: ToServerWish): CardOnServer;
  readonly items: typeof cardItems;
  links(): Promise<readonly LinkView[]>;
  /** @returns at most `limit` syncs, newest first */
  history(limit: number): Promise<readonly HistoryView[]>;
  /** @throws BridgeError BRIDGE_NOT_FOUND */
  sync(wish: SyncViewWish): Promise<SyncView>;
  /** See {@link undoSync}. */
  undo(wish: UndoWish, watch?: UndoWatch): Promise<UndoReport>;
  /** Forgets the contents of a card that was erased: its image, and what would undo its syncs. */
  forgetContents(cardUuid: CardUuid): Promise<void>;
  /** See {@link dropFalseEntries}; not while a sync runs on the card. */
  dropFalseImage(
    held: HeldCard,
    database: DatabaseId,
    records: readonly CardVersion[],
  ): Promise<readonly RecordId[]>;
}

/** Joins cards, state and the SyncML ports. */
export function createBridge(deps: BridgeDeps): Bridge {
  const images = new Images(deps.db, deps.keepImage);
  const kept = new KeptContents(deps.cipher, deps.keepImage);
  const loans = new Loans();
  const datastores = new CardDatastores({ ...deps, images, kept, loans });
  return {
    datastores,
    sessions: createSessionStore(deps.db, deps.cipher, (trx, token) =>
      datastores.flush(trx, token),
    ),
    toServer: (wish) => new CardOnServer({ ...deps, images, kept, loans, datastores }, wish),
    items: cardItems,
    links: () => viewLinks(deps.db),
    history: (limit) => viewHistory(deps.db, limit, datastores.running()),
    sync: (wish) => viewSync(deps, wish, datastores.running()),
    undo: (wish, watch) => undoSync({ ...deps, images, kept }, wish, watch),
    async forgetContents(cardUuid) {
      await images.dropCard(cardUuid);
      await forgetErasedCard(deps.db, kept, cardUuid);
    },
    dropFalseImage: (held, database, records) =>
      dropFalseEntries(deps.db, images.of(held, database, deps.cipher), records),
  };
}

async function viewLinks(db: Kysely<Tables>): Promise<readonly LinkView[]> {
  return (await listLinks(db)).map(({ link, items }) => ({
    card: link.cardUuid,
    database: databaseName(link.database),
    user: link.user,
    device: link.device,
    datastore: link.peerUri,
    generation: link.generation,
    lastSync: link.lastSyncMs === undefined ? null : toIso(link.lastSyncMs),
    items,
    ...(link.needsSlow === undefined ? {} : { nextIsSlow: link.needsSlow }),
  }));
}

/** Databases are numbered like the media kinds of card/PROTOCOL.md: 1 contacts, 2 calendar, 3 tasks, 4 notes. */
const databaseName = (id: number): string => DATASTORE_NAMES[id - 1] ?? String(id);

const toIso = (ms: number): string => new Date(ms).toISOString();
