import type { PimCard } from "../client/pim-card.ts";
import { MAX_LABEL_BYTES } from "../commands/limits.ts";
import { CardError } from "../errors.ts";
import type { DatabaseBackup } from "./backup.ts";

/** Reads all that a backup keeps of an open card. @throws CardError where the card fails */
export const readDatabases = async (card: PimCard): Promise<readonly DatabaseBackup[]> => {
  const databases: DatabaseBackup[] = [];
  for (const { id, label } of await card.databases()) {
    const records = [];
    for await (const record of card.readImage(id)) records.push(record);
    records.sort((a, b) => a.id - b.id);
    databases.push({
      id,
      label: isLabel(label) ? label : "",
      records: records.map(({ content }) => content),
    });
  }
  return databases;
};

/** A damaged label is longer once its broken characters are replaced. */
const isLabel = (label: string): boolean =>
  new TextEncoder().encode(label).length <= MAX_LABEL_BYTES;

/**
 * Fills a card that was wiped: every record is nobody's, so that every peer gets it.
 * @param onWritten told after each record how many there are
 * @throws CardError CARD_FULL where not all of it fits, and where the card fails
 */
export const writeDatabases = async (
  card: PimCard,
  databases: readonly DatabaseBackup[],
  onWritten: (count: number) => void = () => undefined,
): Promise<void> => {
  let count = 0;
  for (const { id, label, records } of databases) {
    if (label !== "") await card.putLabel(id, label);
    for (const content of records) {
      const written = await card.create(id, content, { asNobody: true });
      if (written.type === "full") throw new CardError("CARD_FULL", "the backup does not fit");
      onWritten(++count);
    }
  }
};

/** What a card can take, once it is wiped. */
export interface Capacity {
  readonly blocks: number;
  readonly headers: number;
  /** What a record of so many bytes takes. */
  readonly blocksFor: (bytes: number) => number;
}

/** A block names the next one in its first two bytes. Source: PROTOCOL.md 7. */
const LINK_BYTES = 2;

/** @param records contents that live on the card now */
export const capacityOf = async (
  card: PimCard,
  records: readonly Uint8Array[],
): Promise<Capacity> => {
  const { freeBlocks, freeHeaders, blockSizeBytes } = await card.freeSpace();
  const { tombstones } = await card.counters();
  const blocksFor = (bytes: number): number => Math.ceil(bytes / (blockSizeBytes - LINK_BYTES));
  const used = records.reduce((sum, { length }) => sum + blocksFor(length), 0);
  return {
    blocks: freeBlocks + used,
    headers: freeHeaders + records.length + tombstones,
    blocksFor,
  };
};

/** Whether an empty card takes all of it, with the room kept that CREATE keeps for changing the largest record. */
export const fits = (
  { blocks, headers, blocksFor }: Capacity,
  records: readonly Uint8Array[],
): boolean => {
  const needed = records.map(({ length }) => blocksFor(length));
  const reserve = needed.reduce((most, each) => Math.max(most, each), 0);
  const sum = needed.reduce((total, each) => total + each, 0);
  return records.length <= headers && sum + reserve <= blocks;
};
