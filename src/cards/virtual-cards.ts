import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createVirtualCard } from "../../card/index.ts";
import { BridgeError } from "../errors.ts";
import { writePrivateFile } from "../store/private-file.ts";

/** A virtual card's files. */
export interface VirtualCardFile {
  /** Such as `card-1`. */
  readonly name: string;
  readonly path: string;
}

const PIN_DIGITS = 8;

/**
 * The virtual cards of a data folder: `cards/NAME.card` is the card's memory, `cards/NAME.pin` (mode 0600) holds the random
 * PIN and PUK with which the service unlocks it by itself.
 */
export class VirtualCards {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "cards");
  }

  list(): readonly VirtualCardFile[] {
    if (!existsSync(this.#folder)) return [];
    const names = readdirSync(this.#folder)
      .filter((file) => file.endsWith(".card"))
      .map((file) => file.slice(0, -".card".length));
    return names.sort(byNumber).map((name) => this.#file(name));
  }

  /** Its PIN is on the disk before the card is: a card that nobody can unlock is never left behind. */
  async create(sizeKb: number): Promise<VirtualCardFile> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const card = this.#file(this.#freeName());
    const pin = randomDigits();
    const puk = randomDigits();
    writePrivateFile(this.#pinPath(card.name), `PIN ${pin}\nPUK ${puk}\n`);
    await createVirtualCard(card.path, { sizeKb, pin, puk });
    return card;
  }

  /** @throws BridgeError BRIDGE_STORE if the file that holds it is missing or damaged */
  pin(card: VirtualCardFile): string {
    const path = this.#pinPath(card.name);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const pin = /^PIN (.+)$/m.exec(text)?.[1];
    if (pin === undefined) throw new BridgeError("BRIDGE_STORE", `There is no PIN in ${path}.`);
    return pin;
  }

  /** Keeps another PIN or PUK than before in the file beside the card. */
  keep(card: VirtualCardFile, what: "PIN" | "PUK", secret: string): void {
    const path = this.#pinPath(card.name);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const others = text.split("\n").filter((line) => line !== "" && !line.startsWith(`${what} `));
    const kept = [...others, `${what} ${secret}`].sort().join("\n");
    if (`${kept}\n` !== text) writePrivateFile(path, `${kept}\n`);
  }

  #freeName(): string {
    for (let number = 1; ; number += 1) {
      const name = `card-${String(number)}`;
      if (!existsSync(this.#file(name).path)) return name;
    }
  }

  #file(name: string): VirtualCardFile {
    return { name, path: join(this.#folder, `${name}.card`) };
  }

  #pinPath(name: string): string {
    return join(this.#folder, `${name}.pin`);
  }
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

const randomDigits = (): string =>
  Array.from({ length: PIN_DIGITS }, () => String(randomInt(10))).join("");
