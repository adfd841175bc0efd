import type { Reporter, TestModule } from "vitest/node";

const MARKS = { passed: "ok", failed: "FAILED", skipped: "skipped", pending: "not run" } as const;

/** Prints a table of scenarios and results at the end of the run. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => {
        const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(1);
        return { scenario: test.fullName, result: MARKS[test.result().state], seconds };
      }),
    );
    const width = Math.max(8, ...rows.map(({ scenario }) => scenario.length));
    const line = (scenario: string, result: string, seconds: string): string =>
      `${scenario.padEnd(width)}  ${result.padEnd(7)}  ${seconds.padStart(7)}\n`;
    process.stdout.write(`\n${line("SCENARIO", "RESULT", "SECONDS")}`);
    for (const { scenario, result, seconds } of rows)
      process.stdout.write(line(scenario, result, seconds));
  }
}
