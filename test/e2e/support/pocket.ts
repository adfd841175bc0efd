import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT } from "./service.ts";
import { runProcess } from "./run-process.ts";

/** A virtual card in a folder of its own, which `cardsync card serve` puts into a virtual reader: somebody's card. */
export class Pocket {
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(folder: string, sizeKb = 144): Promise<Pocket> {
    const args = ["card", "create", "--size", String(sizeKb), "--data", folder];
    const made = await runProcess(process.execPath, [...BUILT, ...args]);
    if (made.code !== 0) throw new Error(made.stderr);
    return new Pocket(folder);
  }

  get pin(): string {
    const text = readFileSync(join(this.#folder, "cards/card-1.pin"), "utf8");
    return /^PIN (.+)$/m.exec(text)?.[1] ?? "";
  }

  /** Resolves when the card is in the reader of that port. */
  async insert(port: number): Promise<void> {
    const args = ["card", "serve", "--port", String(port), "--data", this.#folder];
    const child = spawn(process.execPath, [...BUILT, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    await new Promise<void>((done, failed) => {
      child.once("close", () => {
        failed(new Error("the card was not served"));
      });
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("is in the reader")) done();
      });
    });
  }

  /** Takes the card out. Harmless where it is not in. */
  async remove(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }
}
