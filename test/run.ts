/**
 * `npm test [-- PATHS]`: the fast suite; with `CARDSYNC_E2E=1` and no paths also `vitest.e2e.config.ts`, after it: the
 * real client keeps both cores busy. Prints the sum of both as the last line. Exit code 1 if a test or a run fails, or if
 * a test is skipped although everything was asked for.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "..");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const TABLE = join(ROOT, "test/e2e/support/table-reporter.ts");

/** How many tests ended in which way. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What this reads of vitest's JSON reporter. */
const REPORT = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});

function main(paths: readonly string[]): number {
  const isEverything = process.env["CARDSYNC_E2E"] === "1" && paths.length === 0;
  const runs = [paths];
  if (isEverything) runs.push(["--config", "vitest.e2e.config.ts", `--reporter=${TABLE}`]);
  const ended = runs.map(run);
  const sum = ended.map(({ counts }) => counts).reduce(add);
  const { passed, failed, skipped } = sum;
  say(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`);
  const isDone = ended.every(({ isOk }) => isOk) && !(isEverything && skipped > 0);
  return isDone ? 0 : 1;
}

/** A run that dies before its report counts no tests and is not ok. */
function run(args: readonly string[]): { readonly counts: Counts; readonly isOk: boolean } {
  const folder = mkdtempSync(join(tmpdir(), "cardsync-report-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const ended = spawnSync(process.execPath, [VITEST, "run", ...reporters, ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const counts = readCounts(report);
  rmSync(folder, { recursive: true });
  return { counts: counts ?? NONE, isOk: ended.status === 0 && counts !== undefined };
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

function readCounts(path: string): Counts | undefined {
  try {
    const report = REPORT.parse(JSON.parse(readFileSync(path, "utf8")));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return undefined;
  }
}

const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

const say = (line: string): void => {
  process.stdout.write(`\n${line}\n`);
};

process.exitCode = main(process.argv.slice(2));
