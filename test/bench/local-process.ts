import { type ChildProcess, spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 20_000;
const BETWEEN_TRIES_MS = 50;

/** @returns a port on which nobody listened a moment ago */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/**
 * Starts a server and waits until it listens.
 * @param options.logPath takes all that it prints
 * @returns what ends it and waits until it has ended
 * @throws Error if it ends or stays silent for 20 s
 */
export async function startServer(
  command: readonly [string, ...string[]],
  { port, logPath }: { readonly port: number; readonly logPath: string },
): Promise<() => Promise<void>> {
  const [program, ...args] = command;
  const log = openSync(logPath, "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise<void>((done) =>
    child.once("close", () => {
      done();
    }),
  );
  endWithUs(child, "SIGTERM");
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  await untilListening(child, port, logPath).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return stop;
}

/** Sees to it that a program does not outlive this one; it ends before the folders go in which it writes. */
export function endWithUs(child: ChildProcess, signal: NodeJS.Signals): void {
  const kill = (): void => void child.kill(signal);
  process.prependListener("exit", kill);
  child.once("close", () => process.off("exit", kill));
}

async function untilListening(child: ChildProcess, port: number, logPath: string): Promise<void> {
  const deadlineMs = Date.now() + START_MS;
  while (child.exitCode === null && Date.now() < deadlineMs) {
    if (await isListening(port)) return;
    await sleep(BETWEEN_TRIES_MS);
  }
  throw new Error(`${child.spawnfile} does not listen: see ${logPath}`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((tell) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      tell(true);
    });
    socket.on("error", () => {
      tell(false);
    });
  });
}
