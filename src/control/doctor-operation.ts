import { type CardFinding, checkCard, type Database, type PimCard } from "../../card/index.ts";
import type { Bridge } from "../bridge/bridge.ts";
import type { CardVersion } from "../bridge/check-image.ts";
import { DATASTORES, datastoreOf } from "../bridge/databases.ts";
import type { HeldCard } from "../bridge/held-card.ts";
import { decodeRecord } from "../pim/card-record.ts";
import { expectNoSync } from "./card-operations.ts";
import type { Operations } from "./operations.ts";

interface DoctorParts {
  readonly bridge: Pick<Bridge, "dropFalseImage">;
  readonly pick: (name: string | undefined) => HeldCard;
}

/** Whether a card is sound, down to the items on it, and whether our image of it is true. */
export function doctorOperation({ bridge, pick }: DoctorParts): Pick<Operations, "cardDoctor"> {
  return {
    async cardDoctor({ card: name }) {
      const held = pick(name);
      expectNoSync(held);
      return held.run(async (card) => {
        const findings = [...(await checkCard(card))];
        // What cannot even be listed or read has been found by now.
        if (findings.some(({ severity }) => severity === "error")) return findings;
        for (const database of held.databases) {
          const records = await readVersions(card, database);
          findings.push(...findUnreadable(database, records));
          const wrong = await bridge.dropFalseImage(held, database.id, records);
          findings.push(...wrong.map((id) => falseImage(database, id)));
        }
        return findings;
      });
    },
  };
}

async function readVersions(card: PimCard, { id }: Database): Promise<readonly CardVersion[]> {
  const listed = await card.listChanges(id, "everything");
  const versions = new Map(
    (listed.type === "listed" ? listed.changes : []).map((each) => [each.id, each] as const),
  );
  const records: CardVersion[] = [];
  for await (const { id: record, content } of card.readImage(id)) {
    const version = versions.get(record);
    if (version !== undefined) records.push({ ...version, content });
  }
  return records;
}

/** Records that this version does not understand are kept as they are, and given to nobody. */
function findUnreadable(
  { media }: Database,
  records: readonly CardVersion[],
): readonly CardFinding[] {
  const name = datastoreOf(media);
  return records.flatMap(({ id, content }) => {
    const decoded = decodeRecord(DATASTORES[name].kind, content);
    if (decoded.type === "item") return [];
    const why = `${name}: record ${String(id)} is no item that this version can read`;
    return [{ severity: "warning", text: `${why} (${decoded.why}); it stays as it is` } as const];
  });
}

const falseImage = ({ media }: Database, id: number): CardFinding => {
  const place = `${datastoreOf(media)}: record ${String(id)}`;
  const text = `${place} was another one in the service's own copy, which is dropped now`;
  return { severity: "error", text };
};
