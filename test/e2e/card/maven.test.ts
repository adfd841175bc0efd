import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { missingForApplet } from "../../support/card/applet-build.ts";

const APPLET = resolve(import.meta.dirname, "../../../card/applet");
const VECTORS = resolve(import.meta.dirname, "../../vectors/apdu.json");
const REPORTS = "target/surefire-reports";

/** Suites and the fewest tests that each has. */
const SUITES = { VectorsTest: 20, CardTest: 5, SubsetTest: 5, StackTest: 1 } as const;

describe.skipIf(missingForApplet.length > 0)("the applet's own tests (need java, mvn)", () => {
  test("all pass, and none is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "cardsync-applet-tests-"));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    for (const part of ["src", "pom.xml"]) {
      cpSync(join(APPLET, part), join(folder, part), { recursive: true });
    }
    const ended = spawnSync("mvn", ["-q", "-B", "test", `-Dvectors=${VECTORS}`], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(ended.status, ended.stdout).toBe(0);
    for (const [suite, fewest] of Object.entries(SUITES)) {
      expect(testsIn(folder, suite), suite).toBeGreaterThanOrEqual(fewest);
    }
  });
});

const testsIn = (folder: string, suite: string): number => {
  const report = readdirSync(join(folder, REPORTS)).find((name) => name.endsWith(`.${suite}.txt`));
  const text = report === undefined ? "" : readFileSync(join(folder, REPORTS, report), "utf8");
  const [, run] = /Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0/.exec(text) ?? [];
  return Number(run ?? 0);
};
