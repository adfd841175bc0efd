import { PimCard } from "../../../../card/client/pim-card.ts";
import { DATABASE_COUNT, toDatabaseId } from "../../../../card/commands/ids.ts";
import type { Transport } from "../../../../card/transport/transport.ts";
import type { Step } from "./steps.ts";

/**
 * Commands that may take several writes of their own: where tables are full, CREATE gives up peers one by one, and
 * COMMIT and FORGET set tombstones free after their own write.
 */
const LONGER: ReadonlySet<Step["do"]> = new Set(["commit", "forget", "wipe"]);

/** Whether a cut within the step leaves all as it was, or all as it is to be. */
export const isOneStep = (step: Step): boolean =>
  !LONGER.has(step.do) && !(step.do === "write" && step.kind === 0);

/** @returns all that a host can see of a card in a new session, but its random numbers; "locked" without its PIN */
export const observe = async (transport: Transport, pin: string): Promise<unknown> => {
  const card = await PimCard.open(transport);
  if ((await card.pinTries()) === 0) return "blocked";
  if ((await card.verify(pin)).type !== "verified") return "locked";
  const databases = [];
  for (let n = 1; n <= DATABASE_COUNT; n++) {
    const db = toDatabaseId(n);
    const listed = await card.listChanges(db, "everything");
    const records = [];
    for await (const record of card.readImage(db)) records.push(record);
    databases.push({ listed, records });
  }
  const space = await card.freeSpace();
  return {
    databases,
    space,
    named: await card.databases(),
    peers: await card.peers(),
    counters: await card.counters(),
  };
};
