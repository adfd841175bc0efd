import { z } from "zod";
import type { HistoryView, LinkView } from "../bridge/bridge.ts";
import type { ImportReport, ItemView } from "../bridge/card-items.ts";
import { DATASTORE_NAMES } from "../bridge/databases.ts";
import type { CardTraffic } from "../bridge/held-card.ts";
import type { UserView } from "../store/accounts.ts";
import type { CardPlaces } from "./card-place.ts";

const database = z.enum(DATASTORE_NAMES);

/** A card by label or uuid; the only one present where left out. */
const card = z.string().optional();
const none = z.strictObject({});
const password = { name: z.string(), password: z.string(), md5: z.boolean() };

/**
 * What the operator can ask of a data folder, with the shape of the arguments.
 * All of it is JSON, as it may travel through the control socket.
 */
export const OPERATIONS = {
  userAdd: z.strictObject(password),
  userPassword: z.strictObject(password),
  userList: none,
  userRemove: z.strictObject({ name: z.string() }),
  userCard: z.strictObject({ name: z.string(), card: z.string().nullable() }),
  cardCreate: z.strictObject({ sizeKb: z.int().optional(), label: z.string().optional() }),
  cardInfo: z.strictObject({ card }),
  cardList: none,
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
  links: none,
  history: none,
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
  readonly userCard: null;
  readonly cardCreate: CardCreated;
  readonly cardInfo: CardInfo;
  readonly cardList: CardPlaces;
  readonly cardUnlock: { readonly uuid: string; readonly label: string };
  readonly itemsList: readonly ItemView[];
  readonly itemsExport: readonly { readonly name: string; readonly base64: string }[];
  readonly itemsImport: ImportReport;
  readonly itemsDelete: null;
  readonly links: readonly LinkView[];
  readonly history: readonly HistoryView[];
}

/** The operations on one folder, whoever holds it: this process, or the service behind its socket. */
export type Operations = {
  readonly [N in OperationName]: (args: OperationArguments<N>) => Promise<OperationResults[N]>;
};
