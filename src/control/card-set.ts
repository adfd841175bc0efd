import type { Logger } from "pino";
import { CardError, openVirtualCard, PimCard, type Transport } from "../../card/index.ts";
import type { CardShelf } from "../bridge/card-shelf.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import type { CardCreated } from "./operations.ts";
import type { VirtualCards } from "./virtual-cards.ts";

/** The folder's virtual cards and the shelf on which they lie when they are open. */
export interface CardSet {
  readonly files: VirtualCards;
  readonly shelf: CardShelf;
  readonly log: Logger;
}

/**
 * Puts every virtual card on the shelf. One that cannot be opened is logged and counts as absent: the others go on.
 * @returns why the absent ones are
 */
export async function shelveCards({ files, shelf, log }: CardSet): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const file of files.list()) {
    try {
      await shelf.add(await openUnlockable(file.path), files.pin(file));
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      log.error({ err: error, card: file.name }, "this card cannot be used");
    }
  }
  return failures;
}

/** The last try of a PIN is a person's: no program may spend it. */
async function openUnlockable(path: string): Promise<Transport> {
  const transport = await openVirtualCard(path);
  const card = await PimCard.open(transport);
  if ((await card.pinTries()) > 1) return transport;
  await card.close();
  throw new CardError("CARD_PIN", "the last try is left to a person");
}

/**
 * Makes a virtual card, names it and puts it on the shelf.
 * @param options.label the file's name, `card-1`, where none is given
 * @throws BridgeError BRIDGE_USAGE for a label that no card can have, BRIDGE_REFUSED if another card has it
 */
export async function createCard(
  { files, shelf }: CardSet,
  options: { readonly sizeKb: number; readonly label?: string },
): Promise<CardCreated> {
  if (options.label !== undefined) checkLabel(shelf, options.label);
  const file = await files.create(options.sizeKb);
  const label = options.label ?? file.name;
  const transport = await openVirtualCard(file.path);
  await putLabel(transport, files.pin(file), label);
  const held = await shelf.add(transport, files.pin(file));
  return { uuid: held.uuid, label: held.label, sizeKb: options.sizeKb };
}

function checkLabel(shelf: CardShelf, label: string): void {
  const bytes = Buffer.byteLength(label, "utf8");
  if (bytes === 0 || bytes > LIMITS.cardLabelBytes || /[/\p{Cc}]/u.test(label)) {
    const most = String(LIMITS.cardLabelBytes);
    throw new BridgeError("BRIDGE_USAGE", `A label has 1 to ${most} bytes and no slash.`);
  }
  if (!shelf.list().some((card) => card.label === label)) return;
  throw new BridgeError("BRIDGE_REFUSED", `There is a card "${label}" already.`);
}

/** A card is called what its first database is called: labels belong to databases, see card/PROTOCOL.md. */
async function putLabel(transport: Transport, pin: string, label: string): Promise<void> {
  const card = await PimCard.open(transport);
  await card.verify(pin);
  const [first] = await card.databases();
  if (first !== undefined) await card.putLabel(first.id, label);
}
