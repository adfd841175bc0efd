import type { Kysely } from "kysely";
import type { DatabaseId, RecordId, SyncObject } from "../../card/index.ts";
import type { OpenRequest, SyncId, SyncType } from "../../syncml/index.ts";
import type { Logger } from "pino";
import type { PimKind } from "../pim/kind.ts";
import type { Tables } from "../store/schema.ts";
import type { CardRecords, ListedVersion } from "./card-records.ts";
import type { ConflictPolicy } from "./conflict.ts";
import type { DatastoreName } from "./databases.ts";
import type { CardLease, HeldCard } from "./held-card.ts";
import type { Image } from "./image.ts";
import type { Intent } from "./intent.ts";
import type { RecordState } from "./item-rules.ts";
import type { Base, Link } from "./link.ts";
import type { LinkMap } from "./link-map.ts";
import type { SyncJournal } from "./sync-journal.ts";
import type { SyncReport } from "./sync-report.ts";

/** One entry of the card's list of everything. */
export interface LiveOrDeleted extends ListedVersion {
  readonly isDeleted: boolean;
}

/** What one sync of one datastore knows. Lives in memory alone: a restart of the service ends the sync. */
export interface SyncContext {
  readonly db: Kysely<Tables>;
  readonly log: Logger;
  readonly now: () => number;
  /** Another one in each session that goes on with the sync, and so is `request`. */
  syncId: SyncId;
  request: OpenRequest;
  readonly policy: ConflictPolicy;
  readonly held: HeldCard;
  /** The card as this sync may use it: gone once the card has forgotten the sync. */
  readonly lease: CardLease;
  readonly database: DatabaseId;
  readonly datastore: DatastoreName;
  readonly kind: PimKind;
  readonly records: CardRecords;
  readonly image: Image;
  readonly map: LinkMap;
  readonly report: SyncReport;
  /** What is told of this sync, and what undoes it. */
  readonly journal: SyncJournal;
  readonly startedMs: number;
  /** What is done, which may be slow where something else was asked for. */
  syncType: SyncType;
  /** Why it is done so; empty for a fast sync as asked. */
  reason: string;
  link: Link;
  base: Base;
  /** The object that the commit makes current: the proposed one, or the current one in a one-way sync from the peer. */
  target: SyncObject;
  /** Everything on the card, where the sync compares all of it; else empty. */
  versions: readonly LiveOrDeleted[];
  /** The card's list since the base in a fast sync, kept up to date with this sync's own writes. */
  readonly listed: Map<RecordId, RecordState>;
  /** Intents that an earlier sync left unfinished. */
  intents: readonly Intent[];
  /** True where the card's state is the one that the map rows tell of. */
  isMapTrusted: boolean;
}

/** The number of the generation that this sync makes. */
export const nextGeneration = (context: SyncContext): number => context.link.generation + 1;

/** The number of the generation that this sync starts from. */
export const baseGeneration = (context: SyncContext): number =>
  context.base === "previous" ? context.link.generation - 1 : context.link.generation;

/** Slow and refresh syncs compare or replace everything and start from no object. */
export const comparesAll = (type: SyncType): boolean =>
  type === "slow" || type === "refreshFromClient" || type === "refreshFromServer";

/** In these the peer sends and we do not. */
export const isFromPeerOnly = (type: SyncType): boolean =>
  type === "oneWayFromClient" || type === "refreshFromClient";

/** In these we send and the peer does not. */
export const isFromCardOnly = (type: SyncType): boolean =>
  type === "oneWayFromServer" || type === "refreshFromServer";
