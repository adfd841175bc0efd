import {
  capacityOf,
  type DatabaseBackup,
  fits,
  type PimCard,
  readDatabases,
  writeDatabases,
} from "../../card/index.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { BridgeError } from "../errors.ts";
import { type CardOperationParts, expectNoSync, wipeCard } from "./card-operations.ts";
import { fromContents, toContents } from "./card-contents.ts";
import type { Operations } from "./operations.ts";

type BackupOperations = Pick<Operations, "cardBackup" | "cardRestore">;

/** The whole of a card, taken and given back. */
export function backupOperations(
  parts: Pick<CardOperationParts, "accounts" | "bridge" | "pick" | "checkLabel">,
): BackupOperations {
  return {
    async cardBackup({ card: name }) {
      const held = parts.pick(name);
      return { uuid: held.uuid, ...toContents(await held.run(readDatabases)) };
    },
    async cardRestore({ card: name, contents, dryRun }, { progress } = {}) {
      const held = parts.pick(name);
      expectNoSync(held);
      const databases = fromContents(contents);
      expectFreeLabel(held, databases, parts.checkLabel);
      const lost = await held.run((card) => expectRoom(card, databases));
      // From the wipe on the card is a new one to every peer: each compares everything in its next sync.
      const restored = databases.flatMap(({ records }) => records).length;
      const tell = (count: number): void => {
        progress?.(`${String(count)} of ${String(restored)} items`);
      };
      if (!dryRun) await wipeCard(held, parts, (card) => writeDatabases(card, databases, tell));
      return { lost, restored };
    },
  };
}

/** Two cards of one name could not be told apart in URLs. @throws BridgeError as `checkLabel` */
function expectFreeLabel(
  held: HeldCard,
  databases: readonly DatabaseBackup[],
  checkLabel: (label: string) => void,
): void {
  const first = held.databases[0]?.id;
  const label = databases.find(({ id }) => id === first)?.label ?? "";
  if (label !== "" && label !== held.label) checkLabel(label);
}

/** @returns the number of items on the card @throws BridgeError BRIDGE_REFUSED where the backup does not fit */
async function expectRoom(card: PimCard, databases: readonly DatabaseBackup[]): Promise<number> {
  const present = (await readDatabases(card)).flatMap(({ records }) => records);
  const coming = databases.flatMap(({ records }) => records);
  if (fits(await capacityOf(card, present), coming)) return present.length;
  throw new BridgeError(
    "BRIDGE_REFUSED",
    "The backup does not fit on this card. Nothing was done.",
  );
}
