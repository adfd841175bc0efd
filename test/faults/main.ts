/**
 * `npm run faults [-- OPTIONS]`: each type of sync, with each kind of client, once for every fault at every step of it. Prints a table;
 * exit code 1 where a fault did harm, or did not come to pass.
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { REFERENCE_SYNCS } from "../support/reference-syncs.ts";
import { CLIENT_KINDS } from "./client-kinds.ts";
import { isBad, type NamedResult, tableOf, totalsOf } from "./table.ts";

interface Options {
  readonly type: string;
  readonly client: string;
  readonly kind: string;
  readonly stride: string;
  readonly seed: string;
  readonly json?: string;
}

interface Part {
  readonly sync: string;
  readonly client: string;
}

const options = new Command("faults")
  .description("looks for a single fault that costs a slow sync, loses an item or doubles one")
  .option("--type <text>", "only types of sync with this in their name", "")
  .option("--client <text>", "only kinds of clients with this in their name", "")
  .option("--kind <text>", "only kinds of faults with this in their name", "")
  .option("--stride <n>", "only each n-th fault", "1")
  .option("--seed <n>", "which faults a stride takes, and which edit follows which fault", "0")
  .option("--json <file>", "write {faults, slow, lost, doubled} there")
  .addHelpText(
    "after",
    "\nTypes and clients:\n" +
      [...REFERENCE_SYNCS, ...CLIENT_KINDS].map(({ name }) => `  ${name}`).join("\n"),
  )
  .parse(process.argv.filter((each) => each !== "--"))
  .opts<Options>();

const parts: Part[] = REFERENCE_SYNCS.filter(({ name }) => name.includes(options.type)).flatMap(
  ({ name: sync }) =>
    CLIENT_KINDS.filter(({ name }) => name.includes(options.client)).map(({ name: client }) => ({
      sync,
      client,
    })),
);

const results: NamedResult[] = [];
let failedParts = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function take(result: NamedResult): void {
  results.push(result);
  if (isBad(result)) say(describe(result));
  if (process.stderr.isTTY) process.stderr.write(`\r${String(results.length)} faults `);
}

function describe({ sync, client, what, hasFired, isSlow, lost, doubled }: NamedResult): string {
  const harm = [
    ...(hasFired ? [] : ["did not come to pass"]),
    ...(isSlow ? ["the next sync was slow"] : []),
    ...(lost.length > 0 ? [`lost: ${lost.join(", ")}`] : []),
    ...(doubled.length > 0 ? [`doubled: ${doubled.join(", ")}`] : []),
  ];
  return `${sync}; the client ${client}; ${what}: ${harm.join("; ")}`;
}

function runPart(part: Part): Promise<void> {
  const child = fork(join(import.meta.dirname, "part.ts"), { execArgv: ["--import", "tsx"] });
  child.on("message", (message) => {
    take(message as NamedResult);
  });
  const { stride, seed, kind: only } = options;
  child.send({ ...part, stride: Number(stride), seed: Number(seed), only });
  return new Promise((resolve) =>
    child.once("exit", (code) => {
      if (code !== 0) failedParts += 1;
      resolve();
    }),
  );
}

const startedMs = Date.now();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) await runPart(part);
  }),
);
const totals = totalsOf(results);
say(["", ...tableOf(results), ""].join("\n"));
say(`${String(Math.round((Date.now() - startedMs) / 1000))} s`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(totals)}\n`);
process.exitCode = results.length === 0 || failedParts > 0 || results.some(isBad) ? 1 : 0;
