import type { Passed } from "./counting-proxy.ts";
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
  firstOfMany: "slow sync of 5,000 contacts",
  changedOfMany: "10 changes of 5,000 contacts",
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
  const own = [undisturbedMs(few), undisturbedMs(many)] as const;
  return [
    { name: "no change, 1,000 contacts, in the service", ours: own[0], unit: "ms" },
    { name: "no change, 5,000 contacts, in the service", ours: own[1], unit: "ms" },
    { name: GROWTH, ours: percentMore(...own), unit: "%" },
    { name: "no change, 1,000 contacts, with the client", ours: whole[0], unit: "ms" },
    { name: "no change, 5,000 contacts, with the client", ours: whole[1], unit: "ms" },
    { name: "growth with the client's bookkeeping", ours: percentMore(...whole), unit: "%" },
  ];
}

const GROWTH = "growth in the service, 1,000 to 5,000 contacts";

function costRows(name: string, samples: readonly Sample[]): readonly Row[] {
  const costs = samples.map(costOf);
  const of = (count: (cost: Cost) => number): number => median(costs.map(count));
  const sumOf = (count: keyof Passed): number =>
    of(({ messages }) => sum(messages.map((message) => message[count])));
  return [
    { name: `${name}: time in the service`, ours: sumOf("serviceMs"), unit: "ms" },
    { name: `${name}: messages`, ours: of(({ messages }) => messages.length), unit: "messages" },
    { name: `${name}: over HTTP`, ours: sumOf("bytes"), unit: "bytes" },
    { name: `${name}: to and from the card`, ours: of(({ apdus }) => apdus), unit: "APDUs" },
    { name: `${name}: to and from the card`, ours: of((cost) => cost.cardBytes), unit: "bytes" },
    { name: `${name}: on the card`, ours: of(({ nvmWrites }) => nvmWrites), unit: "writes" },
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

function costOf({ cost }: Sample): Cost {
  if (cost === undefined) throw new Error("the server has no meters");
  return cost;
}

const percentMore = (before: number, after: number): number => (after / before - 1) * 100;

const median = (numbers: readonly number[]): number => quantile(numbers, 1 / 2);

/**
 * The service's time in one sync: the sum of the lower quartiles of its messages. Waiting for the disk and for other programs only
 * ever adds, at one message or another, and on a busy machine it adds more than a sync takes.
 * @param samples of syncs that went alike, message by message
 */
function undisturbedMs(samples: readonly Sample[]): number {
  const syncs = samples.map((sample) => costOf(sample).messages);
  const longest = Math.max(...syncs.map((messages) => messages.length));
  const places = Array.from({ length: longest }, (_, place) =>
    syncs.flatMap((messages) => messages[place]?.serviceMs ?? []),
  );
  return sum(places.map((times) => quantile(times, 1 / 4)));
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, each) => total + each, 0);

/** @param numbers at least one @param share from 0, the least, to 1, the greatest */
function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
