import { type ChildProcess, spawn } from "node:child_process";

/** What a process left when it ended. */
export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly stdin?: string;
  /** After so long it is killed, ms. */
  readonly timeoutMs?: number;
  /** Is given the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

const TIMEOUT_MS = 120_000;

/**
 * Runs a program to its end.
 * @throws Error with what it printed where it does not end in time or cannot be started
 */
export function runProcess(
  program: string,
  args: readonly string[],
  { stdin = "", timeoutMs = TIMEOUT_MS, onStart }: ProcessOptions = {},
): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args);
    onStart?.(child);
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      const line = [program, ...args].join(" ");
      failed(
        new Error(`not ended in ${String(timeoutMs)} ms: ${line}\n${said.stdout}${said.stderr}`),
      );
    }, timeoutMs);
    child.once("error", failed);
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code, ...said });
    });
    // A program that does not read its input may have ended already.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
  });
}
