import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Clock, createSyncServer, type SyncServerOptions } from "../syncml/index.ts";
import { createBridge } from "./bridge/bridge.ts";
import { CardShelf } from "./bridge/card-shelf.ts";
import type { CliContext } from "./cli/context.ts";
import { type Config, conflictPolicyOf } from "./config/schema.ts";
import { type CardSet, createCard, shelveCards } from "./control/card-set.ts";
import { createFirstUser } from "./control/first-user.ts";
import { localOperations } from "./control/local-operations.ts";
import { VirtualCards } from "./control/virtual-cards.ts";
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
  const cipher = createCipher(loadKey(dataDir, loaded.keySources));
  const db = await openDatabase(join(dataDir, DATABASE_FILE));
  await checkKey(db, cipher);
  const accounts = new AccountStore({ db, cipher, clock });
  const shelf = new CardShelf(accounts);
  const set: CardSet = { files: new VirtualCards(dataDir), shelf, log };
  const cardFailures = await shelveCards(set);
  const { sizeKb } = config.card;
  if (makesCard && set.files.list().length === 0) await createCard(set, { sizeKb });
  const bridge = createBridge({
    db,
    cipher,
    cards: shelf,
    clock,
    log,
    conflictPolicy: (user, deviceId) => conflictPolicyOf(config, user, deviceId),
    keepImage: config.storage.image,
  });
  return {
    operations: localOperations({
      accounts,
      cards: shelf,
      cardFailures,
      bridge,
      createCard: (options) => createCard(set, { sizeKb, ...options }),
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
      },
      serverOptions(config, await ownDeviceId(db)),
    ),
    createFirstUser: () => createFirstUser(accounts),
    async close() {
      await shelf.close();
      await db.destroy();
    },
  };
};

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
