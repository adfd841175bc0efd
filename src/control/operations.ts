import { z } from "zod";
import type { CardFinding } from "../../card/index.ts";
import type { LinkView } from "../bridge/bridge.ts";
import type { ImportReport, ItemView } from "../bridge/card-items.ts";
import { DATASTORE_NAMES } from "../bridge/databases.ts";
import type { CardTraffic } from "../bridge/held-card.ts";
import type { HistoryView, SyncView } from "../bridge/history-view.ts";
import type { UndoReport } from "../bridge/undo.ts";
import { PEER_SYNC_TYPES, type PeerSettings, type PeerView } from "../peers/peer.ts";
import type { PeerSyncResult } from "../peers/peer-sync.ts";
import type { ScheduleState } from "../scheduler/schedule-store.ts";
import type { UserView } from "../store/accounts.ts";
import type { CardContents } from "./card-contents.ts";
import type { CardPeer, RestoreReport, WipeReport } from "./card-reports.ts";
import type { CardPlaces } from "./card-place.ts";

const database = z.enum(DATASTORE_NAMES);

/** A card by label or uuid; the only one present where left out. */
const card = z.string().optional();
/** By label or uuid; null: whichever is present; as before where left out. */
const peerCard = z.string().nullable().optional();
/** A sync's number in the history. */
const sync = z.int().min(1);
const none = z.strictObject({});
/** What a card holds: contents of records in Base64, oldest first. */
const contents = z.strictObject({
  databases: z.array(
    z.strictObject({
      database: z.int().min(1).max(4),
      label: z.string(),
      records: z.array(z.base64()),
    }),
  ),
});
const password = {
  name: z.string(),
  password: z.string(),
  /** Authentication schemes; the default, or the user's, where left out. */
  auth: z.array(z.string()).optional(),
};

/**
 * What the operator can ask of a data folder, with the shape of the arguments.
 * All of it is JSON, as it may travel through the control socket.
 */
export const OPERATIONS = {
  userAdd: z.strictObject(password),
  userPassword: z.strictObject(password),
  userList: none,
  userRemove: z.strictObject({ name: z.string() }),
  userIdentify: z.strictObject({
    name: z.string(),
    /** All of the user's devices where left out. */
    device: z.string().optional(),
    own: z.strictObject({ name: z.string(), password: z.string() }).nullable(),
  }),
  userCard: z.strictObject({ name: z.string(), card: z.string().nullable() }),
  cardCreate: z.strictObject({ sizeKb: z.int().optional(), label: z.string().optional() }),
  cardInfo: z.strictObject({ card }),
  cardList: none,
  cardPin: z.strictObject({
    what: z.enum(["set", "change", "unblock", "puk"]),
    card,
    proof: z.string(),
    fresh: z.string(),
    useLastTry: z.boolean(),
  }),
  cardLabel: z.strictObject({ card, label: z.string() }),
  cardPeers: z.strictObject({ card }),
  cardForget: z.strictObject({ card, peer: z.string() }),
  cardWipe: z.strictObject({ card, dryRun: z.boolean() }),
  cardBackup: z.strictObject({ card }),
  cardRestore: z.strictObject({ card, contents, dryRun: z.boolean() }),
  cardDoctor: z.strictObject({ card }),
  cardUnlock: z.strictObject({
    reader: z.string().optional(),
    pin: z.string(),
    useLastTry: z.boolean(),
  }),
  itemsList: z.strictObject({ card, database }),
  itemsExport: z.strictObject({ card, database }),
  itemsImport: z.strictObject({
    card,
    database,
    files: z.array(z.strictObject({ name: z.string(), base64: z.string() })),
  }),
  itemsDelete: z.strictObject({ card, database, id: z.int() }),
  /** Settings are checked where they are kept, whose complaint names the setting. */
  peerAdd: z.strictObject({
    name: z.string(),
    settings: z.custom<PeerSettings>(),
    password: z.string(),
    card: peerCard,
  }),
  peerEdit: z.strictObject({
    name: z.string(),
    changes: z.custom<Partial<PeerSettings>>(),
    password: z.string().optional(),
    card: peerCard,
  }),
  peerRemove: z.strictObject({ name: z.string() }),
  peerList: none,
  scheduleSet: z.strictObject({
    peer: z.string(),
    /** Null: none any more. */
    schedule: z
      .strictObject({
        cron: z.string().nullable(),
        timeZone: z.string(),
        isOnInsert: z.boolean(),
        isOnChange: z.boolean(),
        jitterSeconds: z.number(),
      })
      .nullable(),
  }),
  scheduleList: none,
  peerSync: z.strictObject({
    peer: z.string(),
    /** The peer's where left out. */
    type: z.enum(PEER_SYNC_TYPES).optional(),
    mayMassDelete: z.boolean(),
  }),
  links: none,
  history: none,
  historyShow: z.strictObject({ sync, withTitles: z.boolean() }),
  historyUndo: z.strictObject({ sync, dryRun: z.boolean(), force: z.boolean() }),
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type OperationArguments<N extends OperationName> = z.output<(typeof OPERATIONS)[N]>;

/** What `card create` made. */
export interface CardCreated {
  readonly uuid: string;
  readonly label: string;
  readonly sizeKb: number;
}

/** What `card info --json` prints. */
export interface CardInfo {
  readonly uuid: string;
  readonly label: string;
  readonly databases: readonly {
    readonly id: number;
    readonly name: string;
    readonly live: number;
    readonly tombstones: number;
  }[];
  readonly free: {
    readonly blocks: number;
    readonly blockSizeBytes: number;
    readonly headers: number;
    readonly largestRecordBytes: number;
  };
  readonly pinTriesLeft: number;
  readonly pukTriesLeft: number;
  /** Pairs (database, peer) that the card remembers. */
  readonly peers: number;
  /** Up to this command, whose own APDUs the next one shows; null where nobody counts. */
  readonly traffic: CardTraffic | null;
}

export interface OperationResults {
  readonly userAdd: null;
  readonly userPassword: null;
  readonly userList: readonly UserView[];
  readonly userRemove: null;
  readonly userIdentify: null;
  readonly userCard: null;
  readonly cardCreate: CardCreated;
  readonly cardInfo: CardInfo;
  readonly cardList: CardPlaces;
  readonly cardPin: null;
  readonly cardLabel: null;
  readonly cardPeers: readonly CardPeer[];
  readonly cardForget: readonly CardPeer[];
  readonly cardWipe: WipeReport;
  readonly cardBackup: CardContents & { readonly uuid: string };
  readonly cardRestore: RestoreReport;
  readonly cardDoctor: readonly CardFinding[];
  readonly cardUnlock: { readonly uuid: string; readonly label: string };
  readonly itemsList: readonly ItemView[];
  readonly itemsExport: readonly { readonly name: string; readonly base64: string }[];
  readonly itemsImport: ImportReport;
  readonly itemsDelete: null;
  readonly peerAdd: null;
  readonly peerEdit: null;
  readonly peerRemove: null;
  readonly peerList: readonly PeerView[];
  readonly scheduleSet: null;
  readonly scheduleList: readonly ScheduleState[];
  readonly peerSync: PeerSyncResult & { readonly peer: string; readonly card: string };
  readonly links: readonly LinkView[];
  readonly history: readonly HistoryView[];
  readonly historyShow: SyncView;
  readonly historyUndo: UndoReport;
}

/** What a long operation has to do with its caller while it runs. */
export interface OperationRun {
  /** Says how far it is: a short text that takes the place of the one before. */
  readonly progress?: (text: string) => void;
  /** Asks it to come to an end soon; it still answers. */
  readonly signal?: AbortSignal;
}

/** The operations on one folder, whoever holds it: this process, or the service behind its socket. */
export type Operations = {
  readonly [N in OperationName]: (
    args: OperationArguments<N>,
    run?: OperationRun,
  ) => Promise<OperationResults[N]>;
};
