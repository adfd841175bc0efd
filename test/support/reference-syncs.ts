import type { PimCard, RecordId } from "../../card/index.ts";
import { encodeRecord } from "../../src/pim/card-record.ts";
import { vcard } from "./bridge-world.ts";
import type { CardUnderSync } from "./card-under-sync.ts";
import { Dice } from "./card/fuzz/dice.ts";

/** A sync of one type, with what both sides have to say in it. */
export interface ReferenceSync {
  readonly name: string;
  /** Of the client's Alert. */
  readonly code: number;
  /** From a new card, a new service and a client without items. */
  readonly prepare: (bench: CardUnderSync) => Promise<void>;
  /** Whether the sides had a common object, and the sync does not give it up. */
  readonly staysFast: boolean;
  /** What must be on both sides in the end, beside what one of them had; absent: what is there without a fault. */
  readonly keeps?: readonly string[];
}

export const CONTACTS = 1 as Parameters<PimCard["create"]>[0];
/** Does not compress: several blocks and two segments on the card, several chunks in small messages. */
export const LONG_NOTE = `NOTE:${Buffer.from(new Dice(1).bytes(220)).toString("base64")}\r\n`;
export const AS_NOBODY = { asNobody: true };

/** A person's edits at the card. */
export const editCard = async (
  { world }: CardUnderSync,
  edit: (card: PimCard, idOf: (name: string) => RecordId) => Promise<unknown>,
): Promise<void> => {
  const items = await world.bridge.items.list(world.held, "contacts");
  const idOf = (name: string): RecordId =>
    (items.find(({ title }) => title === name)?.id ?? 0) as RecordId;
  await world.held.run((card) => edit(card, idOf));
};

export const record = (name: string, tel: string, more = ""): Uint8Array =>
  encodeRecord({ kind: "contact", text: vcard(name, tel, more) });

const BOTH_HOLD = ["Anna", "Bert", "Carla", "Dora", "Emil", "Frida", "Gina"];

export const synchronized = async ({ client }: CardUnderSync): Promise<void> => {
  for (const name of BOTH_HOLD) client.add(vcard(name, "1"));
  await client.sync();
  await client.sync();
};

const editByClient = ({ client }: CardUnderSync): void => {
  const luidOf = (name: string): string => client.luidOf(vcard(name, "1"));
  client.change(luidOf("Anna"), vcard("Anna", "client"));
  client.delete(luidOf("Bert"));
  client.delete(luidOf("Carla"));
  client.change(luidOf("Dora"), vcard("Dora", "client", LONG_NOTE));
  client.add(vcard("Hugo", "client", LONG_NOTE));
  client.add(vcard("Ida", "client"));
};

/** Conflicts with the client's edits in Anna (both changed), Carla and Dora (one changed, one deleted). */
const editByCard = (bench: CardUnderSync): Promise<void> =>
  editCard(bench, async (card, idOf) => {
    await card.update(CONTACTS, idOf("Anna"), record("Anna", "card"), AS_NOBODY);
    await card.update(CONTACTS, idOf("Carla"), record("Carla", "card", LONG_NOTE), AS_NOBODY);
    await card.delete(CONTACTS, idOf("Dora"), AS_NOBODY);
    await card.delete(CONTACTS, idOf("Emil"), AS_NOBODY);
    await card.update(CONTACTS, idOf("Frida"), record("Frida", "card"), AS_NOBODY);
    await card.create(CONTACTS, record("Jan", "card", LONG_NOTE), AS_NOBODY);
  });

const withEditsOnBothSides = async (bench: CardUnderSync): Promise<void> => {
  await synchronized(bench);
  editByClient(bench);
  await editByCard(bench);
};

const withEditsOnTheCard = async (bench: CardUnderSync): Promise<void> => {
  await synchronized(bench);
  await editByCard(bench);
};

/** Items that only one side has, and twins of which each side has one. */
const strangers = async (bench: CardUnderSync): Promise<void> => {
  bench.client.add(vcard("Anna", "1"));
  bench.client.add(vcard("Bert", "client", LONG_NOTE));
  bench.client.add(vcard("Carla", "1"));
  await editCard(bench, async (card) => {
    await card.create(CONTACTS, record("Anna", "1"));
    await card.create(CONTACTS, record("Carla", "card"));
    await card.create(CONTACTS, record("Jan", "card", LONG_NOTE));
  });
};

export const REFERENCE_SYNCS: readonly ReferenceSync[] = [
  {
    name: "a two-way sync with changes and conflicts",
    code: 200,
    prepare: withEditsOnBothSides,
    staysFast: true,
  },
  { name: "a first sync", code: 200, prepare: strangers, staysFast: false },
  {
    name: "a one-way sync from the client",
    code: 202,
    prepare: withEditsOnBothSides,
    staysFast: true,
  },
  {
    name: "a one-way sync from the card",
    code: 204,
    prepare: withEditsOnTheCard,
    staysFast: true,
  },
  {
    name: "a refresh from the client",
    code: 203,
    prepare: withEditsOnBothSides,
    staysFast: false,
    keeps: ["Anna client", "Dora client", "Gina 1", "Hugo client", "Ida client"],
  },
  {
    name: "a refresh from the card",
    code: 205,
    prepare: withEditsOnTheCard,
    staysFast: false,
    keeps: ["Anna card", "Bert 1", "Carla card", "Frida card", "Gina 1", "Jan card"],
  },
  {
    name: "a slow sync that was asked for",
    code: 201,
    prepare: withEditsOnTheCard,
    staysFast: false,
    keeps: ["Anna card", "Bert 1", "Carla card", "Frida card", "Gina 1", "Jan card"],
  },
  { name: "a sync without changes", code: 200, prepare: synchronized, staysFast: true },
];

/** `Name number` of a vCard: what two versions of an item differ in. */
export const keyOf = (text: string): string =>
  `${/FN:([^\r\n]*)/.exec(text)?.[1] ?? "?"} ${/TEL[^:]*:([^\r\n]*)/.exec(text)?.[1] ?? "?"}`;

export const keysOf = (texts: Iterable<string>): readonly string[] => [...texts].map(keyOf).sort();
