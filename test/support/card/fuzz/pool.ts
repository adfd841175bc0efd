import { readU16, readU32, toHex } from "../../../../card/apdu/bytes.ts";
import { decodeSyncStart } from "../../../../card/commands/start-sync.ts";
import { fromHex8 } from "../../../../card/commands/ids.ts";
import type { Dice } from "./dice.ts";

const MOST_KEPT = 12;

/** What a card has told so far, so that commands can be made that it takes; the newest values last. */
export class Pool {
  readonly objects: Uint8Array[] = [];
  readonly ids: number[] = [];
  uuid = new Uint8Array(8);
  /** Cursor of the last page. */
  cursor = 0;

  /** @param answer of 9000 or 6310 to `command` */
  learn(command: Uint8Array, answer: Uint8Array): void {
    const data = answer.subarray(0, -2);
    const ins = command[1] ?? 0;
    if (ins === 0x12) this.#learnObjects(data);
    if (ins === 0x18 && data.length === 6) keep(this.ids, readU32(data));
    if (ins === 0xca && data.length === 16) this.uuid = data.slice(0, 8);
    if (ins === 0x14 || ins === 0x16) this.cursor = readU16(data);
  }

  /** @returns an object that the card has named, or a foreign one */
  object(dice: Dice): Uint8Array {
    const newest = this.objects.at(-1);
    if (newest === undefined || dice.isLucky(0.05)) return dice.bytes(8);
    return dice.isLucky(0.6) ? newest : dice.pick(this.objects);
  }

  /** @returns an id that the card has given out, or another small number */
  id(dice: Dice): number {
    return this.ids.length === 0 || dice.isLucky(0.1) ? dice.below(8) : dice.pick(this.ids);
  }

  #learnObjects(data: Uint8Array): void {
    const start = decodeSyncStart(data);
    for (const hex of [start?.previous, start?.pending, start?.current, start?.proposed]) {
      const object = hex === undefined ? undefined : fromHex8(hex);
      if (object && !this.objects.some((each) => toHex(each) === hex)) keep(this.objects, object);
    }
  }
}

const keep = <Value>(values: Value[], value: Value): void => {
  values.push(value);
  if (values.length > MOST_KEPT) values.shift();
};
