import { crc16 } from "../commands/crc16.ts";
import type { Database } from "../commands/databases.ts";
import type { ListedChange } from "../commands/list-changes.ts";
import type { ReadRecord } from "../commands/record-stream.ts";
import { CardError } from "../errors.ts";
import type { PimCard } from "./pim-card.ts";

/** Something that is not as it should be. */
export interface CardFinding {
  /** `error`: contents are lost or the card breaks its protocol; `warning`: it works, but somebody should know. */
  readonly severity: "error" | "warning";
  /** One plain sentence without contents. */
  readonly text: string;
}

/** All tries of a PIN. Source: PROTOCOL.md 2.1. */
const PIN_TRIES = 3;
const FEW_PUK_TRIES = 3;

/**
 * Reads all of a card and looks whether everything agrees: lists, contents and their checksums, counts, numbers.
 * Nothing is written. Nobody else may use the card meanwhile.
 * @returns nothing for a sound card
 * @throws CardError where the card cannot be reached any more
 */
export async function checkCard(card: PimCard): Promise<readonly CardFinding[]> {
  const findings = await checkTries(card);
  const { csn } = await card.counters();
  const ids = new Set<number>();
  for (const database of await card.databases())
    findings.push(...(await checkDatabase(card, database, csn, ids)));
  for (const { slot, seenCsn } of await card.peers())
    if (seenCsn > csn)
      findings.push(error(`peer ${String(slot)} has seen changes that never were`));
  return findings;
}

async function checkTries(card: PimCard): Promise<CardFinding[]> {
  const pin = await card.pinTries();
  const puk = await card.pukTries();
  return [
    ...(pin < PIN_TRIES ? [warning(`the PIN has ${String(pin)} tries left`)] : []),
    ...(puk <= FEW_PUK_TRIES ? [warning(`the PUK has ${String(puk)} tries left`)] : []),
  ];
}

async function checkDatabase(
  card: PimCard,
  database: Database,
  csn: number,
  ids: Set<number>,
): Promise<readonly CardFinding[]> {
  const name = `database ${String(database.id)}`;
  try {
    const listed = await card.listChanges(database.id, "everything");
    if (listed.type !== "listed") return [error(`${name} cannot be listed`)];
    const records: ReadRecord[] = [];
    for await (const record of card.readImage(database.id)) records.push(record);
    return [
      ...checkLabel(database, name),
      ...checkCounts(database, listed.changes, records, name),
      ...listed.changes.flatMap((change) => checkNumbers(change, csn, ids, name)),
      ...checkContents(listed.changes, records, name),
    ];
  } catch (cause) {
    if (!(cause instanceof CardError) || cause.retryable) throw cause;
    return [error(`${name} cannot be read: ${cause.code}`)];
  }
}

function checkLabel({ label }: Database, name: string): readonly CardFinding[] {
  return label.includes("\uFFFD") ? [warning(`${name} has a label that is no UTF-8`)] : [];
}

function checkCounts(
  { live, tombstones }: Database,
  changes: readonly ListedChange[],
  records: readonly ReadRecord[],
  name: string,
): readonly CardFinding[] {
  const dead = changes.filter(({ kind }) => kind === "deleted").length;
  const isListed = changes.length - dead === live && records.length === live;
  return [
    ...(isListed ? [] : [error(`${name} counts other records than it lists or gives`)]),
    ...(dead === tombstones ? [] : [error(`${name} counts other deletions than it lists`)]),
  ];
}

function checkNumbers(
  { id, modCsn }: ListedChange,
  csn: number,
  ids: Set<number>,
  name: string,
): readonly CardFinding[] {
  const isSeen = ids.has(id);
  ids.add(id);
  const isSound = id <= modCsn && modCsn <= csn;
  return [
    ...(isSeen ? [error(`${name} has the number ${String(id)} twice`)] : []),
    ...(isSound ? [] : [error(`${name}: record ${String(id)} is newer than the card`)]),
  ];
}

function checkContents(
  changes: readonly ListedChange[],
  records: readonly ReadRecord[],
  name: string,
): readonly CardFinding[] {
  const contents = new Map(records.map((record) => [record.id, record.content] as const));
  return changes.flatMap(({ id, kind, crc16: expected }) => {
    if (kind === "deleted") return [];
    const content = contents.get(id);
    const place = `${name}: record ${String(id)}`;
    if (content === undefined) return [error(`${place} is listed and cannot be read`)];
    return crc16(content) === expected ? [] : [error(`${place} is not what was written`)];
  });
}

const error = (text: string): CardFinding => ({ severity: "error", text });
const warning = (text: string): CardFinding => ({ severity: "warning", text });
