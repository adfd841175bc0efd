import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database, SyncObject } from "../../../card/index.ts";
import type { Clock, DevInf, LocalOpenRequest } from "../../../syncml/index.ts";
import type { Cipher } from "../../store/cipher.ts";
import type { KeptContents } from "../../store/kept-contents.ts";
import { findOrMakeLink } from "../../store/link-store.ts";
import type { Tables } from "../../store/schema.ts";
import { CardRecords } from "../card-records.ts";
import type { ConflictPolicy } from "../conflict.ts";
import { DATASTORES, type DatastoreName } from "../databases.ts";
import type { HeldCard } from "../held-card.ts";
import type { Images } from "../images.ts";
import { INTERRUPTED } from "../sync-history.ts";
import { SyncJournal } from "../sync-journal.ts";
import { SyncReport } from "../sync-report.ts";
import type { ClientContext, Consent } from "./context.ts";
import { clientEntry } from "./end.ts";
import { MapLists } from "./map-lists.ts";
import { OwnCreations } from "./own-creations.ts";
import { linkSides } from "./server-identity.ts";

export interface ClientContextDeps {
  readonly db: Kysely<Tables>;
  readonly cipher: Cipher;
  readonly images: Images;
  readonly kept: KeptContents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One run with one server. */
export interface ToServerWish {
  readonly held: HeldCard;
  readonly url: string;
  /** The user at the server. */
  readonly user: string;
  /** For conflicts that the server cannot resolve, since it was not told of the card's change. */
  readonly policy: ConflictPolicy;
  readonly consent: Consent;
  /** What the server has said of itself, in this session or an earlier one. */
  readonly devInf?: () => DevInf | undefined;
}

/** One datastore of a run. */
export interface ClientPlace extends Pick<LocalOpenRequest, "remoteUri" | "syncType"> {
  readonly datastore: DatastoreName;
  readonly database: Database;
}

/** @returns what a sync knows before it has asked the card */
export async function makeClientContext(
  deps: ClientContextDeps,
  wish: ToServerWish,
  place: ClientPlace,
): Promise<ClientContext> {
  const { db, cipher, images, kept, clock, log } = deps;
  const {
    datastore,
    database: { id: database },
    remoteUri,
    syncType,
  } = place;
  const { held, url, user, policy, consent } = wish;
  const { kind } = DATASTORES[datastore];
  const server = { url, user, datastore: remoteUri };
  const image = images.of(held, database, cipher);
  const none = { base: "none", next: "" as SyncObject } as const;
  const link = await findOrMakeLink(db, { cardUuid: held.uuid, database, ...linkSides(server) });
  const context: ClientContext = {
    db,
    log,
    now: () => clock.now(),
    server,
    devInf: undefined,
    policy,
    consent,
    held,
    lease: held.lease(),
    database,
    datastore,
    kind,
    records: new CardRecords(image, database, kind),
    image,
    report: new SyncReport(),
    journal: new SyncJournal({
      cipher,
      kept,
      place: { cardUuid: held.uuid, epoch: held.epoch, database },
      now: () => clock.now(),
      entry: () => clientEntry(context, { outcome: "interrupted", reason: INTERRUPTED.reason }),
      base: () => context.base,
    }),
    startedMs: clock.now(),
    asked: syncType,
    wanted: syncType,
    syncType,
    reason: "",
    link,
    start: { link, attempts: [none], isMemoryTrusted: false, reason: "" },
    changesSinceCurrent: undefined,
    attempt: none,
    target: none.next,
    base: "none",
    request: { anchor: {} },
    maps: new MapLists([]),
    intents: [],
    listed: new Map(),
    creations: new OwnCreations([]),
    told: new Set(),
    touched: new Set(),
    missing: new Set(),
  };
  return context;
}
