import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { DatabaseId, RecordId, SyncObject } from "../../../card/index.ts";
import type { DevInf, SyncType } from "../../../syncml/index.ts";
import type { PimKind } from "../../pim/kind.ts";
import type { Tables } from "../../store/schema.ts";
import type { CardRecords } from "../card-records.ts";
import type { ConflictPolicy } from "../conflict.ts";
import type { DatastoreName } from "../databases.ts";
import type { CardLease, HeldCard } from "../held-card.ts";
import type { Image } from "../image.ts";
import type { Intent } from "../intent.ts";
import type { Base, Link } from "../link.ts";
import type { SyncJournal } from "../sync-journal.ts";
import type { SyncReport } from "../sync-report.ts";
import type { ListedRecord } from "./listed-record.ts";
import type { MapLists } from "./map-lists.ts";
import type { OwnCreations } from "./own-creations.ts";
import type { ServerSettings } from "./server-identity.ts";
import type { Attempt, ClientStart } from "./start.ts";

/** What a person allows in one sync with a server. */
export interface Consent {
  /** The server may make the sync a refresh that replaces what the card has. */
  readonly mayRefreshCard: boolean;
  /** Either side may lose most of its items. */
  readonly mayDeleteMany: boolean;
}

/** What one sync of one datastore with a server knows. Lives in memory; what must survive is on the card. */
export interface ClientContext {
  readonly db: Kysely<Tables>;
  readonly log: Logger;
  readonly now: () => number;
  readonly server: ServerSettings;
  /** The server's, where it is known. */
  devInf: DevInf | undefined;
  readonly policy: ConflictPolicy;
  readonly consent: Consent;
  readonly held: HeldCard;
  readonly lease: CardLease;
  readonly database: DatabaseId;
  readonly datastore: DatastoreName;
  readonly kind: PimKind;
  readonly records: CardRecords;
  readonly image: Image;
  readonly report: SyncReport;
  /** What is told of this sync, and what undoes it. */
  readonly journal: SyncJournal;
  readonly startedMs: number;
  readonly asked: SyncType;
  /** What our Alert is to ask for where nothing keeps it from that: `asked`, or what was cut short has to be finished. */
  wanted: SyncType;
  /** What is done, once the server has answered. */
  syncType: SyncType;
  /** Why everything is compared, or why the sync was stopped; empty for a fast sync. */
  reason: string;
  link: Link;
  start: ClientStart;
  /** What START said; undefined once the current object is another one. */
  changesSinceCurrent: number | undefined;
  attempt: Attempt;
  /** What the commit makes current: `next` of the attempt. */
  target: SyncObject;
  base: Base;
  /** Of the server's Alert; `next` is opaque. Before it has come, nothing. */
  request: { readonly anchor: { readonly next?: string } };
  maps: MapLists;
  /** Of a sync that was cut short. */
  intents: readonly Intent[];
  /** The card's list since the base in a fast sync; all live records where everything is compared. Kept up to date. */
  readonly listed: Map<RecordId, ListedRecord>;
  creations: OwnCreations;
  /** Records that the server was told of in this sync. */
  readonly told: Set<RecordId>;
  /** Records that the server is to hear of in the next sync. */
  readonly touched: Set<RecordId>;
  /** Records of which the server has said that it has no such item. */
  readonly missing: Set<RecordId>;
}
