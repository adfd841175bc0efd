import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { type Clock, createSyncServer, type SyncServerOptions } from "../syncml/index.ts";
import { createBridge } from "./bridge/bridge.ts";
import { CardShelf } from "./bridge/card-shelf.ts";
import { configuredPins } from "./cards/configured-pins.ts";
import { FolderCards } from "./cards/folder-cards.ts";
import { PinBook } from "./cards/pin-book.ts";
import { readerSources } from "./cards/reader-sources.ts";
import type { CliContext } from "./cli/context.ts";
import type { LoadedConfig } from "./config/load.ts";
import { type Config, conflictPolicyOf } from "./config/schema.ts";
import { createFirstUser } from "./control/first-user.ts";
import { localOperations, type OperationParts } from "./control/local-operations.ts";
import { PeerStore } from "./peers/peer-store.ts";
import { PeerSyncs } from "./peers/peer-syncs.ts";
import { peerSyncRunner } from "./peers/run-peer-sync.ts";
import { scheduledSyncs } from "./peers/scheduled-sync.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { ScheduleStore } from "./scheduler/schedule-store.ts";
import { loadQuirks } from "./quirks/load-quirks.ts";
import { quirksFileOf } from "./quirks/quirks-file.ts";
import { AccountStore } from "./store/accounts.ts";
import { createCipher } from "./store/cipher.ts";
import { DATABASE_FILE, openDatabase } from "./store/database.ts";
import { DeviceStore } from "./store/devices.ts";
import { checkKey } from "./store/key-check.ts";
import { loadKey } from "./store/key.ts";
import { ownDeviceId } from "./store/own-device-id.ts";
import { VERSION } from "./version.ts";

const clock: Clock = { now: () => Date.now() };

/** Builds the service on one data folder: the only place where the parts meet. */
export const openFolder: CliContext["openFolder"] = async (loaded, { makesCard, log }) => {
  const { config, dataDir } = loaded;
  const quirks = loadQuirks(quirksFileOf(loaded));
  const cipher = createCipher(loadKey(dataDir, loaded.keySources));
  const db = await openDatabase(join(dataDir, DATABASE_FILE));
  await checkKey(db, cipher);
  const accounts = new AccountStore({ db, cipher, clock });
  const peers = new PeerStore({ db, cipher, clock });
  const shelf = new CardShelf(accounts);
  const cards = openCards(loaded, shelf, log);
  const { sizeKb } = config.card;
  await cards.start({ makesCard: makesCard && config.card.virtual, sizeKb });
  let scheduler: Scheduler | undefined;
  const cardChanged = (card: string, by?: string): void => scheduler?.cardChanged(card, by);
  const bridge = createBridge({
    onChanged: (card) => {
      cardChanged(card);
    },
    db,
    cipher,
    cards: shelf,
    clock,
    log,
    conflictPolicy: (user, deviceId) => conflictPolicyOf(config, user, deviceId),
    keepImage: config.storage.image,
  });
  const schedules = new ScheduleStore(db);
  const syncs = new PeerSyncs(peerSyncRunner(bridge), cardChanged);
  return {
    operations: localOperations({
      accounts,
      peers,
      schedules,
      syncs,
      scheduler: () => scheduler,
      cardChanged,
      cards: shelf,
      bridge,
      ...cardParts(cards, sizeKb),
    }),
    sync: createSyncServer(
      {
        datastores: bridge.datastores,
        sessions: bridge.sessions,
        accounts,
        devices: new DeviceStore({ db, clock }),
        clock,
        random: (length) => randomBytes(length),
        log,
        traitsOf: (facts) => quirks.traitsOf(facts),
      },
      serverOptions(config, await ownDeviceId(db)),
    ),
    schedules: {
      async start() {
        const parts = scheduledSyncs({ peers, cards: shelf, syncs });
        const running = new Scheduler({ schedules, clock, log, ...parts });
        scheduler = running;
        shelf.onCome(({ uuid }) => {
          running.cardCame(uuid).catch((error: unknown) => {
            log.error({ err: error }, "a card that came could not be scheduled");
          });
        });
        await running.start();
      },
      async stop() {
        await scheduler?.stop();
        scheduler = undefined;
      },
    },
    createFirstUser: () => createFirstUser(accounts),
    async close() {
      await cards.close();
      await db.destroy();
    },
  };
};

type CardParts = Pick<OperationParts, "keeper" | "cardFailures" | "createCard">;

const cardParts = (cards: FolderCards, sizeKb: number): CardParts => ({
  keeper: cards.keeper,
  cardFailures: () => cards.failures(),
  createCard: async (options) => {
    const wish = { sizeKb, ...options };
    const { uuid, label } = await cards.create(wish);
    return { uuid, label, sizeKb: wish.sizeKb };
  },
});

function openCards(
  { config, dataDir, pinSettings }: LoadedConfig,
  shelf: CardShelf,
  log: Logger,
): FolderCards {
  const pins = new PinBook(configuredPins(pinSettings));
  const sources = readerSources(config.card, pins, log);
  return new FolderCards({ dataDir, shelf, log, sources });
}

const serverOptions = ({ sync, limits }: Config, devId: string): SyncServerOptions => ({
  maxMsgSizeBytes: sync.maxMsgSizeBytes,
  maxObjSizeBytes: sync.maxObjSizeBytes,
  maxSessions: limits.sessions,
  sessionTimeoutMs: sync.sessionTimeoutSeconds * 1000,
  maxRequestBytes: limits.bodyBytes,
  devId,
  man: "cardsync",
  mod: "cardsync",
  swV: VERSION,
});
