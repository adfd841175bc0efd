import { vcard } from "../support/bridge-world.ts";
import type { CardUnderSync } from "../support/card-under-sync.ts";
import { AS_NOBODY, CONTACTS, editCard, keyOf, record } from "../support/reference-syncs.ts";

/** What somebody does between the fault and the next sync. */
export interface LaterEdit {
  readonly name: string;
  readonly run: (bench: CardUnderSync) => Promise<void>;
  /** It can only be done where the item has arrived; without it the outcome is the one of no edit. */
  readonly mayFail?: true;
}

const luidOf = ({ client }: CardUnderSync, name: string): string | undefined =>
  [...client.items].find(([, text]) => keyOf(text).startsWith(`${name} `))?.[0];

const onClient = (
  name: string,
  work: (bench: CardUnderSync, luid: string | undefined) => void,
): LaterEdit["run"] => {
  return (bench) => {
    work(bench, luidOf(bench, name));
    return Promise.resolve();
  };
};

const changeOnClient = (name: string): LaterEdit => ({
  name: `the client changes ${name}`,
  run: onClient(name, ({ client }, luid) => {
    if (luid !== undefined) client.change(luid, vcard(name, "later"));
  }),
});

const deleteOnClient = (name: string): LaterEdit => ({
  name: `the client deletes ${name}`,
  run: onClient(name, ({ client }, luid) => {
    if (luid !== undefined) client.delete(luid);
  }),
});

const changeOnCard = (name: string): LaterEdit => ({
  name: `the card's ${name} is changed`,
  run: (bench) =>
    editCard(bench, (card, idOf) =>
      card.update(CONTACTS, idOf(name), record(name, "later"), AS_NOBODY),
    ),
});

const deleteOnCard = (name: string): LaterEdit => ({
  name: `the card's ${name} is deleted`,
  run: (bench) => editCard(bench, (card, idOf) => card.delete(CONTACTS, idOf(name), AS_NOBODY)),
});

/** Items that nobody else touches, new ones, and those that the broken session had in hand. */
export const LATER_EDITS: readonly LaterEdit[] = [
  changeOnClient("Gina"),
  changeOnCard("Gina"),
  {
    name: "the client adds Kim",
    run: onClient("", ({ client }) => void client.add(vcard("Kim", "later"))),
  },
  {
    name: "Lena is added on the card",
    run: (bench) =>
      editCard(bench, (card) => card.create(CONTACTS, record("Lena", "later"), AS_NOBODY)),
  },
  deleteOnClient("Gina"),
  deleteOnCard("Gina"),
  changeOnClient("Hugo"),
  deleteOnClient("Ida"),
  { ...deleteOnCard("Ida"), mayFail: true },
  { ...changeOnCard("Hugo"), mayFail: true },
];
