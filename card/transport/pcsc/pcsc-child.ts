import { type ChildProcess, fork } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CardError } from "../../errors.ts";
import type { EndOfPcsc, NumberedRequest, PcscReport, PcscRequest } from "./ipc.ts";
import { parsePcscError, plainReason } from "./pcsc-error.ts";

/** A program that speaks `ipc.ts`. */
export interface ChildProgram {
  readonly path: string;
  /** Options for Node. Default: those of this process, so that sources run by a loader work. */
  readonly execArgv?: readonly string[];
}

export interface PcscChildOptions {
  readonly program: ChildProgram;
  readonly env: NodeJS.ProcessEnv;
  /** How long an answer may take, ms. */
  readonly answerMs: number;
  readonly onReport: (report: PcscReport) => void;
  /** Called once, but not after `end()`. */
  readonly onEnd: (why: EndOfPcsc, reason: string) => void;
}

const SELF = fileURLToPath(import.meta.url);
/** Beside this file, as a source or as built. */
export const CHILD: ChildProgram = { path: join(dirname(SELF), `child${extname(SELF)}`) };

/** pcsclite waits in threads of libuv's pool for as long as a card works: one for each reader that pcscd can have. */
const THREADS = "16";

interface Waiting {
  readonly done: (answer: Uint8Array) => void;
  readonly failed: (error: CardError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The process that owns PC/SC, seen from the service. It is asked for a sign of life three times within `answerMs`. */
export class PcscChild {
  readonly #options: PcscChildOptions;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pings: NodeJS.Timeout;
  readonly #gone: Promise<void>;
  #lastId = 0;
  #reason: string | undefined;

  constructor(options: PcscChildOptions) {
    this.#options = options;
    const { program, env } = options;
    const child = fork(program.path, [], {
      env: { UV_THREADPOOL_SIZE: THREADS, ...env },
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      ...(program.execArgv && { execArgv: [...program.execArgv] }),
    });
    this.#process = child;
    this.#gone = new Promise((done) => {
      child.once("exit", () => {
        done();
      });
      child.once("error", (error) => {
        this.#fail("error", error.message);
        if (child.pid === undefined) done();
      });
    });
    child.once("exit", (code, signal) => {
      this.#fail("error", `the PC/SC process ended (${signal ?? String(code)})`);
    });
    child.on("message", (message) => {
      this.#hear(message as PcscReport);
    });
    this.#pings = setInterval(() => {
      this.request({ type: "ping" }).catch(() => undefined);
    }, options.answerMs / 3);
  }

  /** @throws CardError; CARD_READER_LOST also where the process ended or does not answer in time */
  request(request: PcscRequest): Promise<Uint8Array> {
    return new Promise((done, failed) => {
      if (this.#reason !== undefined) {
        failed(new CardError("CARD_READER_LOST", this.#reason));
        return;
      }
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        this.#fail("error", `the PC/SC process did not answer a ${request.type}`);
      }, this.#options.answerMs);
      this.#waiting.set(id, { done, failed, timer });
      // A channel that is broken is followed by the process's end.
      this.#process.send({ ...request, id } satisfies NumberedRequest, () => undefined);
    });
  }

  /** Kills it. Requests that wait fail. Resolves when it is gone. */
  end(reason: string): Promise<void> {
    this.#stop(reason);
    return this.#gone;
  }

  #hear(report: PcscReport): void {
    if (this.#reason !== undefined) return;
    if (report.type === "ended") this.#fail(report.why, plainReason(report.why, report.text));
    else if (report.type === "done") this.#take(report.id)?.done(report.answer);
    else if (report.type === "failed") this.#take(report.id)?.failed(parsePcscError(report.text));
    else this.#options.onReport(report);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #fail(why: EndOfPcsc, reason: string): void {
    if (this.#reason !== undefined) return;
    this.#stop(reason);
    this.#options.onEnd(why, reason);
  }

  #stop(reason: string): void {
    this.#reason ??= reason;
    clearInterval(this.#pings);
    this.#process.kill("SIGKILL");
    for (const id of [...this.#waiting.keys()]) {
      this.#take(id)?.failed(new CardError("CARD_READER_LOST", reason));
    }
  }
}
