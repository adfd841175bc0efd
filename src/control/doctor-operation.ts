import { type CardFinding, checkCard, type PimCard } from "../../card/index.ts";
import { DATASTORES, datastoreOf } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { decodeRecord } from "../pim/card-record.ts";
import type { Operations } from "./operations.ts";

/** Whether a card is sound, down to the items on it. */
export function doctorOperation(
  pick: (name: string | undefined) => HeldCard,
): Pick<Operations, "cardDoctor"> {
  return {
    cardDoctor({ card: name }) {
      const held = pick(name);
      return held.run(async (card) => [
        ...(await checkCard(card)),
        ...(await findUnreadable(held, card)),
      ]);
    },
  };
}

/** Records that this version does not understand are kept as they are, and given to nobody. */
async function findUnreadable(held: HeldCard, card: PimCard): Promise<readonly CardFinding[]> {
  const findings: CardFinding[] = [];
  for (const { id: database, media } of held.databases) {
    const name = datastoreOf(media);
    for await (const { id, content } of card.readImage(database)) {
      if (decodeRecord(DATASTORES[name].kind, content).type === "item") continue;
      const text = `${name}: record ${String(id)} is no item that this version can read`;
      findings.push({ severity: "warning", text });
    }
  }
  return findings;
}
