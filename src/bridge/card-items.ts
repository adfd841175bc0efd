import type { Database, PimCard, RecordId } from "../../card/index.ts";
import { BridgeError } from "../errors.ts";
import { decodeRecord } from "../pim/card-record.ts";
import type { PimItem } from "../pim/item.ts";
import { joinItems } from "../pim/join-items.ts";
import { splitItems } from "../pim/split-items.ts";
import { title } from "../pim/title.ts";
import { prepareItem } from "./card-records.ts";
import { DATASTORES, type DatastoreName } from "./databases.ts";
import type { HeldCard } from "./held-card.ts";

/** One item as a person sees it in a list; `size` is bytes on the card. */
export interface ItemView {
  readonly id: number;
  readonly title: string;
  readonly size: number;
}

export interface ItemFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ImportReport {
  readonly imported: number;
  /** One sentence for each file or item that could not be taken; without contents. */
  readonly problems: readonly string[];
}

/** A person's own access to the card's items. Every change is nobody's: all peers get it. */
export const cardItems = {
  /** @returns all items, oldest first; one that cannot be read has the title "(unreadable)" */
  async list(held: HeldCard, name: DatastoreName): Promise<readonly ItemView[]> {
    const database = databaseOf(held, name);
    const views: ItemView[] = [];
    await held.run(async (card) => {
      for await (const { id, content } of card.readImage(database.id)) {
        const decoded = decodeRecord(DATASTORES[name].kind, content);
        const text = decoded.type === "item" ? title(decoded.item) : "(unreadable)";
        views.push({ id, title: text, size: content.length });
      }
    });
    return views.sort((a, b) => a.id - b.id);
  },

  /** @returns one file an item, named safely and uniquely; unreadable items are left out */
  async export(held: HeldCard, name: DatastoreName): Promise<readonly ItemFile[]> {
    const items = await readAll(held, name);
    return joinItems(DATASTORES[name].kind, items).map(({ name: file, text }) => ({
      name: file,
      bytes: Buffer.from(text, "utf8"),
    }));
  },

  /** Adds every item of the files; nothing that is on the card is changed. Stops at a full card and says so. */
  async import(
    held: HeldCard,
    name: DatastoreName,
    files: readonly ItemFile[],
  ): Promise<ImportReport> {
    const database = databaseOf(held, name);
    const problems: string[] = [];
    const items: PimItem[] = [];
    for (const file of files) {
      const split = splitItems(DATASTORES[name].kind, file.bytes, file.name);
      items.push(...split.items);
      problems.push(...split.problems);
    }
    const imported = await held.run((card) => createAll(card, database, items));
    if (imported < items.length)
      problems.push(`the card is full: ${String(items.length - imported)} items were not taken`);
    return { imported, problems };
  },

  /** @throws BridgeError BRIDGE_NOT_FOUND if there is no such item */
  async remove(held: HeldCard, name: DatastoreName, id: number): Promise<void> {
    const database = databaseOf(held, name);
    const answer = await held.run((card) =>
      card.delete(database.id, id as RecordId, { asNobody: true }),
    );
    if (answer.type !== "deleted")
      throw new BridgeError("BRIDGE_NOT_FOUND", `There is no item ${String(id)} in ${name}.`);
  },
} as const;

async function readAll(held: HeldCard, name: DatastoreName): Promise<readonly PimItem[]> {
  const database = databaseOf(held, name);
  const items: PimItem[] = [];
  await held.run(async (card) => {
    for await (const { content } of card.readImage(database.id)) {
      const decoded = decodeRecord(DATASTORES[name].kind, content);
      if (decoded.type === "item") items.push(decoded.item);
    }
  });
  return items;
}

async function createAll(
  card: PimCard,
  database: Database,
  items: readonly PimItem[],
): Promise<number> {
  let done = 0;
  for (const item of items) {
    const written = await card.create(database.id, prepareItem(item).content, { asNobody: true });
    if (written.type === "full") return done;
    done += 1;
  }
  return done;
}

function databaseOf(held: HeldCard, name: DatastoreName): Database {
  const database = held.databases.find(({ media }) => media === DATASTORES[name].media);
  if (database === undefined)
    throw new BridgeError("BRIDGE_NOT_FOUND", `The card has no database for ${name}.`);
  return database;
}
