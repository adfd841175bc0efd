import { CONTACTS, createBench, login } from "../../support/card/virtual.ts";
import { sampleRecords } from "./sample-contacts.ts";

export interface CapacityRow {
  readonly sizeKb: number;
  /** Records that a card of this size has taken. */
  readonly records: number;
  /** Of them, bytes each. */
  readonly meanBytes: number;
  /** What the card was full of. */
  readonly limit: "blocks" | "headers";
}

const SIZES_KB = [36, 80, 144];

/** Fills cards with the sample contacts, over and over, until they take no more. */
export const measureCapacity = async (): Promise<readonly CapacityRow[]> => {
  const rows: CapacityRow[] = [];
  for (const sizeKb of SIZES_KB) rows.push(await fill(sizeKb));
  return rows;
};

const fill = async (sizeKb: number): Promise<CapacityRow> => {
  const samples = sampleRecords();
  const card = await login(createBench({ sizeKb }));
  let bytes = 0;
  for (let records = 0; ; records++) {
    const content = samples[records % samples.length] ?? new Uint8Array();
    const outcome = await card.create(CONTACTS, content);
    if (outcome.type !== "full") {
      bytes += content.length;
      continue;
    }
    const { freeHeaders } = await card.freeSpace();
    const limit = freeHeaders === 0 ? "headers" : "blocks";
    return { sizeKb, records, meanBytes: bytes / records, limit };
  }
};
