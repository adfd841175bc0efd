import { FAULT_KINDS } from "./fault.ts";
import type { FaultResult } from "./sweep.ts";

/** What `--json` writes; the bar is 0 for all but the first. */
export interface Totals {
  readonly faults: number;
  readonly slow: number;
  readonly lost: number;
  readonly doubled: number;
}

export interface NamedResult extends FaultResult {
  readonly sync: string;
  readonly client: string;
}

export const totalsOf = (results: readonly FaultResult[]): Totals => ({
  faults: results.filter(({ hasFired }) => hasFired).length,
  slow: results.filter(({ isSlow }) => isSlow).length,
  lost: results.filter(({ lost }) => lost.length > 0).length,
  doubled: results.filter(({ doubled }) => doubled.length > 0).length,
});

/** A fault that did not come to pass has shown nothing, and is a failure of the sweep itself. */
export const isBad = ({ hasFired, isSlow, lost, doubled }: FaultResult): boolean =>
  !hasFired || isSlow || lost.length > 0 || doubled.length > 0;

/** @returns lines: a row a type of sync and kind of fault, with `faults/slow/lost/doubled` of all kinds of clients */
export function tableOf(results: readonly NamedResult[]): readonly string[] {
  const syncs = [...new Set(results.map(({ sync }) => sync))];
  const rows = syncs.flatMap((sync) =>
    FAULT_KINDS.flatMap((kind) => {
      const own = results.filter((each) => each.sync === sync && each.kind === kind);
      return own.length === 0 ? [] : [[sync, kind, ...cellsOf(own)]];
    }),
  );
  const heading = ["SYNC", "FAULT", "FAULTS", "SLOW", "LOST", "DOUBLED"];
  return aligned([heading, ...rows, ["all", "", ...cellsOf(results)]]);
}

function cellsOf(results: readonly FaultResult[]): readonly string[] {
  const { faults, slow, lost, doubled } = totalsOf(results);
  return [faults, slow, lost, doubled].map(String);
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => (row[at] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
