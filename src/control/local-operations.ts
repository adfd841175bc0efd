import { CardError } from "../../card/index.ts";
import type { Bridge } from "../bridge/bridge.ts";
import type { CardShelf } from "../bridge/card-shelf.ts";
import { datastoreOf } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import type { CardKeeper } from "../cards/card-keeper.ts";
import { checkLabel } from "../cards/folder-cards.ts";
import { BridgeError } from "../errors.ts";
import type { AccountStore } from "../store/accounts.ts";
import { backupOperations } from "./backup-operations.ts";
import { cardAdministration } from "./card-operations.ts";
import { doctorOperation } from "./doctor-operation.ts";
import { historyOperations } from "./history-operations.ts";
import type { CardCreated, CardInfo, Operations } from "./operations.ts";
import type { PeerStore } from "../peers/peer-store.ts";
import { peerOperations } from "./peer-operations.ts";
import type { ScheduleStore } from "../scheduler/schedule-store.ts";
import type { PeerSyncs } from "../peers/peer-syncs.ts";
import { type ScheduleListener, scheduleOperations } from "./schedule-operations.ts";
import { syncOperations } from "./sync-operations.ts";
import { pinOperations } from "./pin-operations.ts";
import { readerOperations } from "./reader-operations.ts";

/** What the operations work on, all of one open folder. */
export interface OperationParts {
  readonly accounts: AccountStore;
  readonly peers: PeerStore;
  readonly schedules: ScheduleStore;
  readonly syncs: PeerSyncs;
  /** Absent while no service runs. */
  readonly scheduler: () => ScheduleListener | undefined;
  /** Items on a card were changed by hand. */
  readonly cardChanged: (card: string) => void;
  readonly cards: CardShelf;
  readonly keeper: CardKeeper;
  /** Why cards that should be here are absent. */
  readonly cardFailures: () => readonly Error[];
  readonly bridge: Pick<
    Bridge,
    "items" | "links" | "history" | "sync" | "undo" | "forgetContents" | "dropFalseImage"
  >;
  /** Makes a virtual card and puts it on the shelf. */
  readonly createCard: (options: {
    readonly sizeKb?: number;
    readonly label?: string;
  }) => Promise<CardCreated>;
}

/** The operations of a folder that this process holds. */
export function localOperations(parts: OperationParts): Operations {
  return {
    ...userOperations(parts),
    ...cardOperations(parts),
    ...historyOperations(parts.bridge),
    ...readerOperations(parts.keeper),
    ...pinOperations(parts.keeper),
    ...ownerOperations(parts),
    ...itemOperations(parts),
    ...peerOperations(parts.peers, (name) => pickCard(parts, name).uuid),
    ...scheduleOperations(parts),
    ...syncOperations({ ...parts, pick: (uuid) => pickCard(parts, uuid) }),
  };
}

type OwnerOperations = ReturnType<typeof cardAdministration> &
  ReturnType<typeof backupOperations> &
  ReturnType<typeof doctorOperation>;

function ownerOperations(parts: OperationParts): OwnerOperations {
  const pick = (name: string | undefined): HeldCard => pickCard(parts, name);
  const wholeCard = {
    accounts: parts.accounts,
    bridge: parts.bridge,
    pick,
    checkLabel: (label: string) => {
      checkLabel(parts.cards, label);
    },
  };
  return {
    ...cardAdministration(wholeCard),
    ...backupOperations(wholeCard),
    ...doctorOperation(wholeCard),
  };
}

type UserOperations = Pick<
  Operations,
  "userAdd" | "userPassword" | "userList" | "userRemove" | "userIdentify" | "userCard"
>;

function userOperations(parts: OperationParts): UserOperations {
  const { accounts } = parts;
  return {
    async userAdd({ name, password, auth }) {
      await accounts.add(name, password, auth);
      return null;
    },
    async userPassword({ name, password, auth }) {
      await accounts.setPassword(name, password, auth);
      return null;
    },
    userList: () => accounts.list(),
    async userRemove({ name }) {
      await accounts.remove(name);
      return null;
    },
    async userIdentify({ name, device, own }) {
      await accounts.setOwnCredentials(name, device, own ?? undefined);
      return null;
    },
    async userCard({ name, card }) {
      await accounts.bindCard(name, card === null ? undefined : pickCard(parts, card).uuid);
      return null;
    },
  };
}

type CardOperations = Pick<Operations, "cardCreate" | "cardInfo" | "links">;

function cardOperations(parts: OperationParts): CardOperations {
  const { bridge, createCard } = parts;
  return {
    cardCreate: ({ sizeKb, label }) =>
      createCard({
        ...(sizeKb === undefined ? {} : { sizeKb }),
        ...(label === undefined ? {} : { label }),
      }),
    cardInfo: ({ card }) => readCardInfo(pickCard(parts, card)),
    links: () => bridge.links(),
  };
}

type ItemOperations = Pick<Operations, "itemsList" | "itemsExport" | "itemsImport" | "itemsDelete">;

function itemOperations(parts: OperationParts): ItemOperations {
  const { items } = parts.bridge;
  return {
    itemsList: ({ card, database }) => items.list(pickCard(parts, card), database),
    async itemsExport({ card, database }) {
      const files = await items.export(pickCard(parts, card), database);
      return files.map(({ name, bytes }) => ({
        name,
        base64: Buffer.from(bytes).toString("base64"),
      }));
    },
    async itemsImport({ card, database, files }) {
      const held = pickCard(parts, card);
      const decoded = files.map(({ name, base64 }) => ({
        name,
        bytes: Buffer.from(base64, "base64"),
      }));
      const report = await items.import(held, database, decoded);
      parts.cardChanged(held.uuid);
      return report;
    },
    async itemsDelete({ card, database, id }) {
      const held = pickCard(parts, card);
      await items.remove(held, database, id);
      parts.cardChanged(held.uuid);
      return null;
    },
  };
}

/**
 * The card of that label or uuid; the only one where none is named.
 * @throws what kept the cards away, or CardError CARD_ABSENT, if there is none; BridgeError BRIDGE_USAGE if it is not clear
 *   which is meant
 */
function pickCard({ cards, cardFailures }: OperationParts, name: string | undefined): HeldCard {
  const present = cards.list();
  const fitting = present.filter(
    (card) => name === undefined || card.label === name || card.uuid === name.toLowerCase(),
  );
  const [card, second] = fitting;
  if (card !== undefined && second === undefined) return card;
  if (present.length === 0) throw cardFailures()[0] ?? new CardError("CARD_ABSENT", "no card");
  const known = present.map((each) => `${each.label} (${each.uuid})`).join(", ");
  throw new BridgeError("BRIDGE_USAGE", `Which card is meant? Here are: ${known}.`);
}

function readCardInfo(held: HeldCard): Promise<CardInfo> {
  return held.run(async (card) => {
    const traffic = held.traffic ?? null;
    const free = await card.freeSpace();
    const databases = await card.databases();
    return {
      uuid: held.uuid,
      label: held.label,
      databases: databases.map(({ id, media, live, tombstones }) => ({
        id,
        name: datastoreOf(media),
        live,
        tombstones,
      })),
      free: {
        blocks: free.freeBlocks,
        blockSizeBytes: free.blockSizeBytes,
        headers: free.freeHeaders,
        largestRecordBytes: free.largestRecordBytes,
      },
      pinTriesLeft: await card.pinTries(),
      pukTriesLeft: await card.pukTries(),
      peers: (await card.peers()).length,
      traffic,
    };
  });
}
