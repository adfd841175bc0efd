#!/usr/bin/env node
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Clock, createSyncServer } from "../syncml/index.ts";
import { createBridge } from "./bridge/bridge.ts";
import { CardShelf } from "./bridge/card-shelf.ts";
import type { CliContext } from "./cli/context.ts";
import { runCommand } from "./cli/program.ts";
import { stopRequested } from "./cli/stop-requested.ts";
import { conflictPolicyOf } from "./config/schema.ts";
import { type CardSet, createCard, shelveCards } from "./control/card-set.ts";
import { createFirstUser } from "./control/first-user.ts";
import { localOperations } from "./control/local-operations.ts";
import { VirtualCards } from "./control/virtual-cards.ts";
import { createLogger } from "./log.ts";
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
const openFolder: CliContext["openFolder"] = async (loaded, { makesCard, log }) => {
  const { config, dataDir } = loaded;
  const cipher = createCipher(loadKey(dataDir, loaded.keySources));
  const db = await openDatabase(join(dataDir, DATABASE_FILE));
  await checkKey(db, cipher);
  const accounts = new AccountStore({ db, cipher, clock });
  const shelf = new CardShelf(accounts);
  const set: CardSet = { files: new VirtualCards(dataDir), shelf, log };
  await shelveCards(set);
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
      {
        maxMsgSizeBytes: config.sync.maxMsgSizeBytes,
        maxObjSizeBytes: config.sync.maxObjSizeBytes,
        maxSessions: config.limits.sessions,
        sessionTimeoutMs: config.sync.sessionTimeoutSeconds * 1000,
        devId: await ownDeviceId(db),
        man: "cardsync",
        mod: "cardsync",
        swV: VERSION,
      },
    ),
    createFirstUser: () => createFirstUser(accounts),
    async close() {
      await shelf.close();
      await db.destroy();
    },
  };
};

// Whoever reads our output may stop early, as `head` does; that is no failure.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  createLogger,
  openFolder,
  stopRequested,
});
