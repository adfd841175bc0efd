import type { Nvm } from "../../../card/virtual/nvm.ts";

/** Where power goes: at the n-th write from now (0 is the next one), before it, inside it or after it. */
export interface Cut {
  readonly atWrite: number;
  readonly where: "before" | "inside" | "after";
}

export class PowerCut extends Error {}

/** A memory that loses power on demand; `writes` counts from the start. */
export class CuttableNvm implements Nvm {
  readonly image: Uint8Array;
  writes = 0;
  #cut: Cut | undefined;

  constructor(image: Uint8Array) {
    this.image = image;
  }

  get sizeBytes(): number {
    return this.image.length;
  }

  cutAt(cut: Cut | undefined): void {
    this.#cut = cut && { ...cut, atWrite: this.writes + cut.atWrite };
  }

  read(address: number, length: number): Uint8Array {
    return this.image.subarray(address, address + length);
  }

  write(address: number, bytes: Uint8Array, isAtomic: boolean): void {
    const cut = this.#cut?.atWrite === this.writes ? this.#cut : undefined;
    this.writes++;
    if (cut?.where === "before" || (cut?.where === "inside" && isAtomic)) throw new PowerCut();
    const part = cut?.where === "inside" ? bytes.subarray(0, bytes.length >> 1) : bytes;
    this.image.set(part, address);
    if (cut) throw new PowerCut();
  }
}
