import { backOffMs, countFailure } from "./back-off.ts";
import type { BackOff } from "./back-off.ts";
import { identifySocket } from "./daemon-socket.ts";
import type { EndOfPcsc, PcscReport } from "./ipc.ts";
import { PcscChild } from "./pcsc-child.ts";
import type { ChildProgram } from "./pcsc-child.ts";

export interface SupervisorOptions {
  readonly program: ChildProgram;
  readonly env: NodeJS.ProcessEnv;
  readonly socketPath: string;
  readonly answerMs: number;
  readonly backOff: BackOff;
  /** How often the daemon's socket is looked at, ms. */
  readonly watchMs: number;
  readonly onReport: (report: PcscReport) => void;
  /** The process ended; where `isQuiet` there is nothing wrong with the way to the readers. */
  readonly onDown: (reason: string, isQuiet: boolean) => void;
}

/**
 * Keeps the process that owns PC/SC running:
 *
 * - no socket: nothing runs; started when the socket comes
 * - it ended: started again after a pause that doubles, at once where the socket has changed meanwhile
 * - pcsclite cannot be loaded: started again only when the socket has changed
 * - another socket while it runs: the daemon was restarted, and pcsclite may not have noticed; started again at once
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #child: PcscChild | undefined;
  #socket: string | undefined;
  #watch: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #startedAtMs = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Undefined while none runs. */
  get child(): PcscChild | undefined {
    return this.#child;
  }

  start(): void {
    const { socketPath, watchMs, onDown } = this.#options;
    this.#watch = setInterval(() => {
      this.#look();
    }, watchMs);
    this.#look();
    if (!this.#child) onDown(`there is no PC/SC daemon at ${socketPath}`, false);
  }

  /** For good. Resolves when the process is gone. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    const child = this.#child;
    this.#child = undefined;
    await child?.end("PC/SC is closed");
  }

  /** A socket that is gone is no reason to end what runs: the daemon may well be there. */
  #look(): void {
    const socket = identifySocket(this.#options.socketPath);
    if (socket === this.#socket) return;
    this.#socket = socket;
    if (socket === undefined) return;
    if (this.#child) this.#replace(this.#child);
    this.#failures = 0;
    this.#run();
  }

  #replace(child: PcscChild): void {
    const reason = "the PC/SC daemon was restarted";
    this.#child = undefined;
    void child.end(reason);
    this.#options.onDown(reason, false);
  }

  #run(): void {
    clearTimeout(this.#retry);
    const { program, env, answerMs, onReport } = this.#options;
    this.#startedAtMs = performance.now();
    this.#child = new PcscChild({
      program,
      env,
      answerMs,
      onReport,
      onEnd: (why, reason) => {
        this.#child = undefined;
        this.#plan(why);
        this.#options.onDown(reason, why === "readersEnded");
      },
    });
  }

  #plan(why: EndOfPcsc): void {
    const { backOff } = this.#options;
    if (why === "noModule") return;
    this.#failures = countFailure(this.#failures, performance.now() - this.#startedAtMs, backOff);
    this.#retry = setTimeout(
      () => {
        this.#look();
        if (!this.#child && this.#socket !== undefined) this.#run();
      },
      backOffMs(this.#failures, backOff),
    );
  }
}
