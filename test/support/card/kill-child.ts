import { openVirtualCard, PimCard } from "../../../card/index.ts";
import type { DatabaseId } from "../../../card/index.ts";

/** Writes records into the card of argv[2] until it is killed, and prints each one's id once the card has answered. */
const card = await PimCard.open(await openVirtualCard(process.argv[2] ?? ""));
await card.verify("1234");
for (let serial = 0; ; serial++) {
  const content = new TextEncoder().encode(`${String(serial)}:`.padEnd(300, "x"));
  const made = await card.create(1 as DatabaseId, content);
  if (made.type !== "written") break;
  process.stdout.write(`${String(made.id)}\n`);
  if (serial % 3 === 0) await card.delete(1 as DatabaseId, made.id);
}
