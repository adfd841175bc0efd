import { PimCard, openVirtualCard } from "../../card/index.ts";
import type { VirtualCardFile, VirtualCards } from "./virtual-cards.ts";

/**
 * Makes a virtual card and names it: a card is called what its first database is called, since labels belong to
 * databases (card/PROTOCOL.md 2).
 * @param options.label the file's name, such as `card-1`, where none is given
 */
export async function makeVirtualCard(
  files: VirtualCards,
  options: { readonly sizeKb: number; readonly label?: string },
): Promise<VirtualCardFile> {
  const file = await files.create(options.sizeKb);
  const card = await PimCard.open(await openVirtualCard(file.path));
  await card.verify(files.pin(file));
  const [first] = await card.databases();
  if (first !== undefined) await card.putLabel(first.id, options.label ?? file.name);
  await card.close();
  return file;
}
