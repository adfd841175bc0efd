import type { PinSource } from "./card-source.ts";

/** A PIN that the operator has set down. */
export interface ConfiguredPin {
  readonly pin: string;
  /** Part of a reader's name; absent: for every reader. */
  readonly reader?: string;
}

/**
 * PINs in memory only. A card tells nothing of itself before its PIN, so a PIN belongs to the reader: first the one that was
 * right there last, then the one that was set down for it, then the only one that was ever right.
 */
export class PinBook implements PinSource {
  readonly #configured: readonly ConfiguredPin[];
  readonly #right = new Map<string, string>();

  constructor(configured: readonly ConfiguredPin[]) {
    this.#configured = configured;
  }

  pinFor(reader: string): string | undefined {
    return this.#right.get(reader) ?? this.#configuredFor(reader) ?? this.#onlyOne();
  }

  wasRight(reader: string, pin: string): void {
    this.#right.set(reader, pin);
  }

  /** One for this very reader comes before one for all. */
  #configuredFor(reader: string): string | undefined {
    const fitting = this.#configured.filter(
      (each) => each.reader === undefined || reader.includes(each.reader),
    );
    return (fitting.find((each) => each.reader !== undefined) ?? fitting[0])?.pin;
  }

  #onlyOne(): string | undefined {
    const [pin, ...others] = new Set(this.#right.values());
    return others.length === 0 ? pin : undefined;
  }
}
