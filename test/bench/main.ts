/**
 * `npm run bench [-- PART] [--json FILE]`. Part `card`: wear, size and traffic of cards. Part `codec`: messages, beside libwbxml's
 * tools. Part `sessions`: how many a second, and what an open one takes. Part `sync`: our service beside SyncEvolution's own
 * server, with the same client and the same contacts, in one run. Without a part: all. Exit code 1
 * if a promise is not kept: ours is not the faster in each, or a sync costs more than it may; 2 if programs are missing.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCardBench } from "./card/card-bench.ts";
import { hasTools, runCodecBench } from "./codec.ts";
import { runScenarios } from "./scenarios.ts";
import { runSessionBench } from "./sessions.ts";
import { missingPrograms } from "./syncevolution.ts";
import { judge, type Row, type Verdict } from "./verdict.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NAME_COLUMNS = 56;
const NUMBER_COLUMNS = 12;

const PARTS = {
  card: benchCards,
  codec: benchCodec,
  sessions: benchSessions,
  sync: benchSyncs,
} as const;

/** @param part one of {@link PARTS}; all of them where absent @param jsonPath takes the rows of `sync`, too @returns the exit code */
async function main(part: string | undefined, jsonPath: string | undefined): Promise<number> {
  if (part !== undefined && !(part in PARTS)) {
    say(`there is no part ${part}: ${Object.keys(PARTS).join(", ")}`);
    return 2;
  }
  let exitCode = 0;
  for (const [name, bench] of Object.entries(PARTS))
    if (part === undefined || part === name) exitCode = Math.max(exitCode, await bench(jsonPath));
  return exitCode;
}

async function benchCards(): Promise<number> {
  const { failures } = await runCardBench(say);
  say("");
  for (const failure of failures) say(`NOT KEPT: ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

function benchCodec(): Promise<number> {
  runCodecBench(say);
  if (!hasTools()) say("missing: libwbxml2-utils, to compare with");
  say("");
  return Promise.resolve(hasTools() ? 0 : 2);
}

async function benchSessions(): Promise<number> {
  build();
  await runSessionBench(say);
  say("");
  return 0;
}

const build = (): void => {
  execFileSync("npm", ["run", "build", "--silent"], { cwd: ROOT, stdio: "inherit" });
};

async function benchSyncs(jsonPath: string | undefined): Promise<number> {
  const missing = await missingPrograms();
  if (missing.length > 0) {
    say(
      `missing: ${missing.join(", ")}. Debian has them in: syncevolution syncevolution-http syncevolution-dbus`,
    );
    say("dbus python3-dbus python3-gi python3-twisted gcc libc6-dev");
    return 2;
  }
  build();
  const verdict = await run();
  print(verdict);
  if (jsonPath !== undefined)
    writeFileSync(jsonPath, `${JSON.stringify(verdict.rows, undefined, 2)}\n`);
  return verdict.failures.length === 0 ? 0 : 1;
}

async function run(): Promise<Verdict> {
  const root = mkdtempSync(join(tmpdir(), "bench-"));
  // By `exit`, whose listeners end the servers and remove their folders.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(1));
  process.once("exit", () => {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  return judge(await runScenarios(root, say));
}

function print({ rows, failures }: Verdict): void {
  say("");
  say(line("", ["ours", "peer", "ratio"]));
  for (const row of rows) say(line(row.name, figures(row)));
  say("");
  for (const failure of failures) say(`NOT KEPT: ${failure}`);
  if (failures.length === 0) say("All is kept: ours is the faster in each.");
}

const figures = ({ ours, peer, unit, ratio }: Row): readonly string[] => [
  `${format(ours)} ${unit}`,
  peer === undefined ? "" : `${format(peer)} ${unit}`,
  ratio === undefined ? "" : ratio.toFixed(2),
];

const format = (figure: number): string =>
  Number(figure.toFixed(figure < 100 ? 1 : 0)).toLocaleString("en");

const line = (name: string, figures: readonly string[]): string =>
  `${name.padEnd(NAME_COLUMNS)}${figures.map((each) => each.padStart(NUMBER_COLUMNS)).join(" ")}`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const { values, positionals } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});
process.exitCode = await main(positionals[0], values.json);
