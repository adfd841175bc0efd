import { spawn } from "node:child_process";
import type { ChildProcess, ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { concatBytes, readU32, toHex, u32 } from "../../../card/apdu/bytes.ts";
import { encodeCommand } from "../../../card/apdu/command-apdu.ts";
import { AID } from "../../../card/commands/select.ts";
import { encodeFrame, FrameReader } from "../../../card/transport/vpcd-frames.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import type { VpcdReaders } from "../../../card/transport/vpcd-readers.ts";
import { buildApplet } from "./applet-build.ts";
import { encodeInstallParameters } from "./applet-parameters.ts";
import type { AppletOptions } from "./applet-parameters.ts";
import { PowerCut } from "./cuttable-nvm.ts";
import type { Cut } from "./cuttable-nvm.ts";
import { listenOnFreePort } from "./vpcd.ts";

const APPLET_CLASS = "cardsync.applet.PimApplet";
const BENCH_CLASS = "cardsync.bench.Bench";
const VSMARTCARD_CLASS = "com.licel.jcardsim.remote.VSmartCard";

/** What the card on the bench has done since it was made. */
export interface AppletMeters {
  readonly writes: number;
  /** The highest number of writes to one cell. */
  readonly highestWear: number;
  readonly persistentBytes: number;
  readonly transientBytes: number;
}

const OPERATION = { newCard: 0x49, apdu: 0x41, reset: 0x52, cut: 0x43, meters: 0x4d } as const;
const OUTCOME = { done: 0, powerCut: 1, fault: 2 } as const;
const WHERE = { before: 0, inside: 1, after: 2 } as const;

interface Waiting {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** The applet on jCardSim, in a process of its own, with a memory in which power can be cut at any write. */
export class AppletBench {
  readonly transport: Transport = {
    transmit: (command) => this.#ask(OPERATION.apdu, command),
    reset: async () => {
      await this.#ask(OPERATION.reset);
    },
    close: () => Promise.resolve(),
  };
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #frames = new FrameReader();
  readonly #waiting: Waiting[] = [];

  /** @param appletClass in a package of its own, whose classes are all watched */
  constructor(appletClass = APPLET_CLASS) {
    const args = ["-cp", buildApplet().bench, BENCH_CLASS, appletClass];
    this.#process = spawn("java", [...FAST_START, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process.stdout.on("data", (chunk: Uint8Array) => {
      for (const body of this.#frames.push(chunk)) this.#waiting.shift()?.resolve(body);
    });
    this.#process.once("close", () => {
      for (const { reject } of this.#waiting) reject(new Error("the bench has ended"));
    });
  }

  /** Puts another card on the bench; the one before it is gone. */
  async newCard(options: AppletOptions = {}): Promise<void> {
    await this.#ask(OPERATION.newCard, encodeInstallParameters(options));
  }

  /** Until the next reset, {@link PowerCut} is thrown from the chosen write on. */
  async cutAt(cut: Cut | undefined): Promise<void> {
    const payload = cut && concatBytes(Uint8Array.of(WHERE[cut.where]), u32(cut.atWrite));
    await this.#ask(OPERATION.cut, payload);
  }

  async meters(): Promise<AppletMeters> {
    const answer = await this.#ask(OPERATION.meters);
    return {
      writes: readU32(answer),
      highestWear: readU32(answer, 4),
      persistentBytes: readU32(answer, 8),
      transientBytes: readU32(answer, 12),
    };
  }

  async close(): Promise<void> {
    await endProcess(this.#process, () => this.#process.stdin.end());
  }

  /** @throws PowerCut where the card has lost power, Error where the applet did what it must not */
  async #ask(operation: number, payload: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(encodeFrame(concatBytes(Uint8Array.of(operation), payload)));
    });
    const [outcome] = answer;
    const rest = answer.subarray(1);
    if (outcome === OUTCOME.powerCut) throw new PowerCut();
    if (outcome === OUTCOME.fault) throw new Error(`the applet: ${new TextDecoder().decode(rest)}`);
    return rest;
  }
}

/** The short programs of these tests are over before the second compiler pays. */
const FAST_START = ["-XX:TieredStopAtLevel=1", "-Xshare:auto"] as const;

/** jCardSim as it comes, in a reader of our own: no PC/SC in between. It takes three seconds to dial. */
export class VSmartCard {
  readonly #readers: VpcdReaders;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(readers: VpcdReaders, process: ChildProcess, folder: string) {
    this.#readers = readers;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(): Promise<VSmartCard> {
    const { readers, told } = await listenOnFreePort({ readerCount: 1 });
    const folder = mkdtempSync(join(tmpdir(), "cardsync-vsmartcard-"));
    const config = join(folder, "jcardsim.cfg");
    writeFileSync(config, toConfig(readers.port));
    const args = ["-cp", buildApplet().plain, VSMARTCARD_CLASS, config];
    // When its reader goes away it complains for ever.
    const child = spawn("java", [...FAST_START, ...args], { stdio: "ignore" });
    await told(({ type }) => type === "cardInserted");
    return new VSmartCard(readers, child, folder);
  }

  /** Installs the applet anew, so that nothing of the card before is left. */
  async newCard(options: AppletOptions = {}): Promise<Transport> {
    const transport = await this.#readers.connect("vpcd:1");
    const created = await transport.transmit(toCreateApplet(options));
    if (toHex(created.slice(-2)) !== "9000") throw new Error(`install: ${toHex(created)}`);
    await transport.reset();
    return transport;
  }

  async close(): Promise<void> {
    await endProcess(this.#process, () => this.#process.kill("SIGKILL"));
    await this.#readers.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const toConfig = (port: number): string =>
  [
    `com.licel.jcardsim.card.applet.0.AID=${toHex(AID)}`,
    `com.licel.jcardsim.card.applet.0.Class=${APPLET_CLASS}`,
    "com.licel.jcardsim.card.ATR=3B80800101",
    "com.licel.jcardsim.vsmartcard.host=127.0.0.1",
    `com.licel.jcardsim.vsmartcard.port=${String(port)}`,
    // Its generator draws the same numbers after each start otherwise.
    "com.licel.jcardsim.randomdata.secure=1",
    // A free port instead of a fixed one, for a listener that nobody uses.
    "com.licel.jcardsim.vsmartcard.reloader.port=0",
    "",
  ].join("\n");

/** jCardSim's own command for installing an applet that its configuration names. */
const toCreateApplet = (options: AppletOptions): Uint8Array =>
  encodeCommand({
    cla: 0x80,
    ins: 0xb8,
    p1: 0,
    p2: 0,
    data: encodeInstallParameters(options),
    le: 256,
  });

const endProcess = async (child: ChildProcess, end: () => void): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  end();
  await ended;
};
