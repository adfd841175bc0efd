import type { Cost } from "./our-server.ts";
import type { Comparison, Measured } from "./scenarios.ts";
import type { Sample } from "./worlds.ts";

/** One line of the result; `peer` and `ratio` (ours/peer) are absent where there is nothing to compare with. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer?: number;
  readonly unit: "ms" | "%" | "APDUs" | "bytes" | "writes" | "messages";
  readonly ratio?: number;
}

export interface Verdict {
  readonly rows: readonly Row[];
  /** What was promised and is not kept, in words; empty if all is well. */
  readonly failures: readonly string[];
}

const MOST_GROWTH_PERCENT = 20;
/** START and COMMIT, and the write with which the card makes the object current. */
const IDLE_COST = { apdus: 2, nvmWrites: 1 } as const;

const COMPARED = {
  first: "slow sync of 1,000 contacts",
  idle: "no change, 1,000 contacts",
  changed: "10 changes of 1,000 contacts",
} as const;

/** Turns samples into medians, and medians into a judgement. */
export function judge(measured: Measured): Verdict {
  const kinds = Object.keys(COMPARED) as (keyof typeof COMPARED)[];
  const compared = kinds.map((kind) => comparisonRow(COMPARED[kind], measured[kind]));
  const growth = growthRows(measured);
  const costs = kinds.flatMap((kind) => costRows(COMPARED[kind], measured[kind].ours));
  return {
    rows: [...compared, ...growth, ...costs],
    failures: [...slower(compared), ...grown(growth), ...dear(measured)],
  };
}

function comparisonRow(name: string, { ours, peer }: Comparison): Row {
  const [our, their] = [median(ours.map(wallMs)), median(peer.map(wallMs))];
  return { name, ours: our, peer: their, unit: "ms", ratio: our / their };
}

function growthRows({ growth: { few, many } }: Measured): readonly Row[] {
  const whole = [median(few.map(wallMs)), median(many.map(wallMs))] as const;
  const own = [median(few.map(serviceMs)), median(many.map(serviceMs))] as const;
  return [
    { name: "no change, 1,000 contacts, in the service", ours: own[0], unit: "ms" },
    { name: "no change, 5,000 contacts, in the service", ours: own[1], unit: "ms" },
    { name: GROWTH, ours: percentMore(...own), unit: "%" },
    { name: "no change, 5,000 contacts, with the client", ours: whole[1], unit: "ms" },
    { name: "growth with the client's bookkeeping", ours: percentMore(...whole), unit: "%" },
  ];
}

const GROWTH = "growth in the service, 1,000 to 5,000 contacts";

function costRows(name: string, samples: readonly Sample[]): readonly Row[] {
  const of = (count: keyof Cost): number => median(samples.map((sample) => costOf(sample)[count]));
  return [
    { name: `${name}: time in the service`, ours: of("serviceMs"), unit: "ms" },
    { name: `${name}: messages`, ours: of("messages"), unit: "messages" },
    { name: `${name}: over HTTP`, ours: of("bytesIn") + of("bytesOut"), unit: "bytes" },
    { name: `${name}: to and from the card`, ours: of("apdus"), unit: "APDUs" },
    { name: `${name}: to and from the card`, ours: of("cardBytes"), unit: "bytes" },
    { name: `${name}: on the card`, ours: of("nvmWrites"), unit: "writes" },
  ];
}

const slower = (rows: readonly Row[]): readonly string[] =>
  rows
    .filter(({ ratio }) => ratio === undefined || !(ratio < 1))
    .map(({ name }) => `${name}: the peer is faster`);

const grown = (rows: readonly Row[]): readonly string[] =>
  rows
    .filter(({ name, ours }) => name === GROWTH && !(ours < MOST_GROWTH_PERCENT))
    .map(({ ours }) => `a sync without changes grows by ${ours.toFixed(0)} %`);

/** Every single sync without changes counts here, not the median. */
function dear({ idle, growth }: Measured): readonly string[] {
  const costs = [...idle.ours, ...growth.few, ...growth.many].map(costOf);
  const tooDear = costs.filter(
    ({ apdus, nvmWrites }) => apdus > IDLE_COST.apdus || nvmWrites > IDLE_COST.nvmWrites,
  );
  return tooDear.map(
    ({ apdus, nvmWrites }) =>
      `a sync without changes cost ${String(apdus)} APDUs and ${String(nvmWrites)} writes`,
  );
}

const wallMs = (sample: Sample): number => sample.wallMs;
const serviceMs = (sample: Sample): number => costOf(sample).serviceMs;

function costOf({ cost }: Sample): Cost {
  if (cost === undefined) throw new Error("the server has no meters");
  return cost;
}

const percentMore = (before: number, after: number): number => (after / before - 1) * 100;

/** @param numbers at least one */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (low + high) / 2;
}
