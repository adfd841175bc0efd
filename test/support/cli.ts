import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { runCommand } from "../../src/cli/program.ts";
import { createLogger } from "../../src/log.ts";
import { openFolder } from "../../src/open-folder.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const COMMAND = ["--import", "tsx", join(ROOT, "src/main.ts")] as const;

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** When the operator asks it to stop. Default: at once. */
  readonly stop?: Promise<void>;
}

/** A folder in the temporary folder, and the removal of it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "cardsync-cli-"));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Runs a command in this process: quick, and all but the process itself is real. */
export async function cardsync(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? "");
  const said = Promise.all([text(stdout), text(stderr)]);
  const environment = options.environment ?? {};
  const stopRequested = (): Promise<void> => options.stop ?? Promise.resolve();
  const context = { environment, stdin, stdout, stderr, openFolder, stopRequested };
  const code = await runCommand(args, { ...context, createLogger: () => createLogger("silent") });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}

/** Runs a command as a user would, as a process of its own. */
export async function cardsyncProcess(args: readonly string[]): Promise<Finished> {
  const child = start(args);
  child.stdin.end();
  const exit = new Promise<number | null>((done) => child.once("close", done));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, stdout, stderr };
}

/** A running service. */
export interface Service {
  readonly url: string;
  readonly process: ChildProcessWithoutNullStreams;
  /** Everything that it printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** @returns its exit code, or null where the signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `cardsync serve` on a free port and waits until it serves.
 * @throws Error with what it printed, if it ends before that
 */
export async function serve(dataDir: string, args: readonly string[] = []): Promise<Service> {
  const child = start(["serve", "--data", dataDir, "--port", "0", ...args]);
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (data: Buffer) => (said.stderr += data.toString()));
  const exit = new Promise<number | null>((done) => child.once("close", done));
  const url = await new Promise<string>((found, failed) => {
    child.stdout.on("data", (data: Buffer) => {
      said.stdout += data.toString();
      const match = /^cardsync serves (\S+)/m.exec(said.stdout);
      if (match?.[1] !== undefined) found(match[1]);
    });
    void exit.then(() => {
      failed(new Error(said.stdout + said.stderr));
    });
  });
  return {
    url,
    process: child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return exit;
    },
  };
}

const start = (args: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [...COMMAND, ...args], { cwd: ROOT });
