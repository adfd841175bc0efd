import { CardUnderSync } from "../support/card-under-sync.ts";
import type { ReferenceSync } from "../support/reference-syncs.ts";
import type { ClientKind } from "./client-kinds.ts";
import { describeFault, type Fault, faultsOf } from "./fault.ts";
import { countSteps, runWithFault } from "./fault-session.ts";
import { judge, type Verdict } from "./judge.ts";
import { LATER_EDITS, type LaterEdit } from "./later-edits.ts";
import { type Compare, wantedAfter } from "./wanted.ts";

/** What came of one fault. */
export interface FaultResult extends Verdict {
  readonly kind: Fault["kind"];
  /** The fault, and what was done after it, in words. */
  readonly what: string;
  /** A fault that did not come to pass shows nothing. */
  readonly hasFired: boolean;
}

export interface SweepOptions {
  /** Every n-th fault only; 1: all. */
  readonly stride: number;
  /** Shifts the sample, and which edit follows which fault. */
  readonly seed: number;
  /** Only kinds whose name has this in it; all where absent. */
  readonly only?: string;
  /** Called between a fault and what comes after it: a test breaks something there. */
  readonly afterFault?: (bench: CardUnderSync) => Promise<void>;
  readonly onResult?: (result: FaultResult) => void;
}

/** Runs a reference sync once for its steps, then again with each fault at each of them. */
export async function sweep(
  sync: ReferenceSync,
  client: ClientKind,
  options: SweepOptions,
): Promise<readonly FaultResult[]> {
  const bench = await CardUnderSync.create(client.options);
  try {
    await sync.prepare(bench);
    await bench.save();
    const wanted = await wantedAfter(bench, sync);
    await bench.putBack();
    const all = faultsOf(await countSteps(bench, sync.code));
    const faults = all.filter(({ kind }) => kind.includes(options.only ?? ""));
    const results: FaultResult[] = [];
    for (const [at, fault] of faults.entries()) {
      if ((at + options.seed) % options.stride !== 0) continue;
      const edit = editAfter(sync, at + options.seed);
      const compare = await wanted(edit);
      const run = { sync, fault, edit, compare, afterFault: options.afterFault };
      const result = await runOne(bench, run);
      results.push(result);
      options.onResult?.(result);
    }
    return results;
  } finally {
    await bench.destroy();
  }
}

/** After each second fault somebody edits; only where nobody asked for a side to be replaced. */
function editAfter({ staysFast }: ReferenceSync, at: number): LaterEdit | undefined {
  return staysFast && at % 2 === 1 ? LATER_EDITS[(at >> 1) % LATER_EDITS.length] : undefined;
}

interface Run {
  readonly sync: ReferenceSync;
  readonly fault: Fault;
  readonly edit: LaterEdit | undefined;
  readonly compare: Compare;
  readonly afterFault: SweepOptions["afterFault"];
}

async function runOne(
  bench: CardUnderSync,
  { sync, fault, edit, compare, afterFault }: Run,
): Promise<FaultResult> {
  const what = [describeFault(fault), ...(edit === undefined ? [] : [edit.name])].join("; then ");
  await bench.putBack();
  try {
    const hasFired = await runWithFault(bench, sync.code, fault);
    await afterFault?.(bench);
    await edit?.run(bench);
    const isResume = fault.kind === "suspended and resumed";
    const verdict = await judge(bench, { sync, isResume }, compare);
    return { kind: fault.kind, what, hasFired, ...verdict };
  } catch (error) {
    const lost = [`the sync after it failed: ${String(error)}`];
    return { kind: fault.kind, what, hasFired: true, isSlow: false, lost, doubled: [] };
  }
}
