import { PIN_AT, LABELS_AT } from "../../../../card/virtual/layout.ts";
import { CuttableNvm } from "../cuttable-nvm.ts";

/** A memory that remembers what a command wrote where. */
export class WatchedNvm extends CuttableNvm {
  #writes: { readonly from: number; readonly to: number }[] = [];

  override write(address: number, bytes: Uint8Array, isAtomic: boolean): void {
    this.#writes.push({ from: address, to: address + bytes.length });
    super.write(address, bytes, isAtomic);
  }

  /** @returns since the last call: whether anything was written, and whether anything but PIN and PUK */
  takeWrites(): { readonly hasWritten: boolean; readonly hasWrittenData: boolean } {
    const hasWritten = this.#writes.length > 0;
    const hasWrittenData = this.#writes.some(({ from, to }) => from < PIN_AT || to > LABELS_AT);
    this.#writes = [];
    return { hasWritten, hasWrittenData };
  }
}
