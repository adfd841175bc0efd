import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const START = resolve(import.meta.dirname, "../../peers/pcsc/start");
const VPCD_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const READY = "daemon ready";
const START_MS = 20_000;

/** @returns what the tests over PC/SC need and this machine has not; empty where they can run */
export const missingPcsc = (): readonly string[] => {
  const missing = ["pcscd", "gcc", "perl"].filter(
    (name) => spawnSync("which", [name]).status !== 0,
  );
  if (!existsSync(VPCD_DRIVER)) missing.push("vsmartcard-vpcd");
  try {
    createRequire(import.meta.url).resolve("pcsclite/build/Release/pcsclite.node");
  } catch {
    missing.push("npm's pcsclite");
  }
  return missing;
};

/** For `describe.skipIf(lacksPcsc)`. */
export const lacksPcsc = missingPcsc().length > 0;

export interface PcscdOptions {
  /** Virtual readers, rounded up to pairs. Default: 2. */
  readonly slots?: number;
  /** False: only the socket's path and the ports are chosen. Default: true. */
  readonly isStarted?: boolean;
}

/**
 * A real PC/SC daemon with virtual readers, beside the system's and any number of others: it has a socket and ports of
 * its own.
 *
 *     const pcscd = await startPcscd({ slots: 2 });
 *     const service = spawn(..., { env: { ...process.env, ...pcscd.env } }); // or openPcsc({ env: pcscd.env, ... })
 *     ...                          // a virtual card dials 127.0.0.1:pcscd.ports[0] and is in the reader pcscd.readers[0]
 *     await pcscd.kill(); await pcscd.start(); // as a crash and a restart; ports and socket stay the same
 *     await pcscd.stop();          // in afterAll: also removes its folder
 *
 * A card that dials is seen within about 0.4 s (pcscd asks that often); a killed daemon drops all of them.
 */
export class Pcscd {
  readonly socketPath: string;
  /** What tells a client of PC/SC (the service, opensc-tool) which daemon to ask. */
  readonly env: { readonly PCSCLITE_CSOCK_NAME: string };
  /** Where the card of each slot dials, TCP on 127.0.0.1. */
  readonly ports: readonly number[];
  /** The name of each slot's reader. */
  readonly readers: readonly string[];
  readonly #folder: string;
  #process: ChildProcess | undefined;

  constructor(folder: string, ports: readonly number[]) {
    this.#folder = folder;
    this.ports = ports;
    this.readers = ports.map((_, n) => `Virtual ${String(n >> 1)} 00 0${String(n & 1)}`);
    this.socketPath = join(folder, "pcscd.comm");
    this.env = { PCSCLITE_CSOCK_NAME: this.socketPath };
  }

  /** @throws Error with what it printed where it ends at once or is not ready within 20 s */
  async start(): Promise<void> {
    const args = [this.#folder, String(this.ports[0]), String(this.ports.length / 2)];
    const child = spawn(START, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    await new Promise<void>((done, failed) => {
      let said = "";
      const fail = (): void => {
        failed(new Error(`pcscd did not start: ${said}`));
      };
      const timer = setTimeout(fail, START_MS);
      child.once("error", fail).once("close", fail);
      const hear = (text: string): void => {
        if (said.includes(READY)) return;
        said += text;
        if (!said.includes(READY)) return;
        clearTimeout(timer);
        done();
      };
      child.stdout.setEncoding("utf8").on("data", hear);
      child.stderr.setEncoding("utf8").on("data", hear);
    });
  }

  /** A crash, unless the signal says otherwise: its socket stays behind. */
  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    return this.#end(signal);
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Stands still (SIGSTOP) or goes on. */
  pause(isPaused: boolean): void {
    this.#process?.kill(isPaused ? "SIGSTOP" : "SIGCONT");
  }

  /** Harmless when called again. */
  async stop(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }
}

/** See {@link Pcscd}. */
export const startPcscd = async ({
  slots = 2,
  isStarted = true,
}: PcscdOptions = {}): Promise<Pcscd> => {
  const folder = mkdtempSync(join(tmpdir(), "cardsync-pcscd-"));
  const pcscd = new Pcscd(folder, await freePorts(2 * Math.ceil(slots / 2)));
  if (isStarted) await pcscd.start();
  return pcscd;
};

/** @returns ports in a row, below those that the system gives away by itself */
const freePorts = async (count: number): Promise<readonly number[]> => {
  for (;;) {
    const first = 20_000 + 2 * Math.floor(Math.random() * 6_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const areFree = await Promise.all(ports.map(isFree));
    if (areFree.every(Boolean)) return ports;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once("error", () => {
      done(false);
    });
    server.listen(port, () => {
      server.close(() => {
        done(true);
      });
    });
  });
