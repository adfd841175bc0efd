import { measureCapacity, type CapacityRow } from "./capacity.ts";
import { seconds } from "./lower-bounds.ts";
import { measureTraffic, type TrafficRow } from "./traffic.ts";
import { measureWear, type WearReport } from "./wear.ts";

const SYNCS = 10_000;
/** What a sync may cost beside the least that the protocol allows. */
const MOST_RATIO = 1.1;
/** PREPARE and COMMIT: no place but the PIN's tries may be written more often for one sync. */
const MOST_WRITES_OF_A_BYTE_PER_SYNC = 2;

/** Everything that was counted; no clock has a part in it. */
export interface CardBench {
  readonly wear: WearReport;
  readonly capacity: readonly CapacityRow[];
  readonly traffic: readonly TrafficRow[];
  /** What was promised and is not kept, in words; empty if all is well. */
  readonly failures: readonly string[];
}

/** Wears out a virtual card, fills some, and syncs with the service. Prints as it goes. */
export const runCardBench = async (say: (line: string) => void): Promise<CardBench> => {
  say(`wear of ${SYNCS.toLocaleString("en")} syncs of four peers on a card of 144 KB`);
  const wear = await measureWear(SYNCS);
  for (const line of wearLines(wear)) say(line);
  say("");
  say("contacts of samples/items, over and over, until the card is full");
  const capacity = await measureCapacity();
  for (const line of capacityLines(capacity)) say(line);
  say("");
  say("to and from the card in whole syncs of the service, records of about 200 bytes");
  const traffic = await measureTraffic();
  for (const line of trafficLines(traffic)) say(line);
  return { wear, capacity, traffic, failures: [...worn(wear), ...dear(traffic)] };
};

const COLUMNS = [32, 12, 12, 12, 12, 12, 12, 10] as const;

const row = (...cells: readonly (string | number)[]): string =>
  cells
    .map((cell, at) => {
      const shown = typeof cell === "number" ? cell.toLocaleString("en") : cell;
      const width = COLUMNS[at] ?? 0;
      return at === 0 ? shown.padEnd(width) : shown.padStart(width);
    })
    .join("");

const wearLines = (wear: WearReport): readonly string[] => [
  row("", "writes", "most/byte", "most/page"),
  ...wear.regions.map((each) => row(each.region, each.writes, each.mostOnAByte, each.mostOnAPage)),
  `${wear.writesPerChange.toFixed(2)} writes for each of ${wear.changedRecords.toLocaleString("en")} ` +
    `changed records, ${wear.atomicWritesPerChange.toFixed(2)} of them not of bodies; PIN checks apart`,
];

const capacityLines = (rows: readonly CapacityRow[]): readonly string[] => [
  row("", "contacts", "bytes each", "full of"),
  ...rows.map(({ sizeKb, records, meanBytes, limit }) =>
    row(`${String(sizeKb)} KB`, records, Math.round(meanBytes), limit),
  ),
];

const trafficLines = (rows: readonly TrafficRow[]): readonly string[] => [
  row("", "APDUs", "at least", "bytes", "at least", "ratio", "NVM writes", "s, T=1"),
  ...rows.map(({ name, measured, bound, nvmWrites }) =>
    row(
      name,
      measured.apdus,
      bound.apdus,
      measured.bytes,
      bound.bytes,
      (measured.bytes / bound.bytes).toFixed(3),
      nvmWrites,
      seconds(measured).toFixed(2),
    ),
  ),
];

const worn = ({ syncs, regions }: WearReport): readonly string[] =>
  regions
    .filter(({ region }) => region !== "PIN and PUK")
    .filter(({ mostOnAByte }) => mostOnAByte > MOST_WRITES_OF_A_BYTE_PER_SYNC * syncs)
    .map(({ region }) => `${region}: a byte is written more often than twice a sync`);

const dear = (rows: readonly TrafficRow[]): readonly string[] =>
  rows
    .filter(
      ({ measured, bound }) =>
        measured.apdus > MOST_RATIO * bound.apdus || measured.bytes > MOST_RATIO * bound.bytes,
    )
    .map(({ name }) => `${name}: more than ${String(MOST_RATIO)} times what it costs at least`);
