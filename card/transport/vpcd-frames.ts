import { concatBytes, readU16, u16 } from "../apdu/bytes.ts";

/**
 * The socket protocol of the virtual reader "vpcd": each frame is `length(2) body`, both ways. A body of one byte
 * from the reader is a control, any longer one a command APDU; the card answers commands and `askAtr` with one frame
 * each, the other controls with nothing. Source: the manual of vsmartcard, "Virtual Smart Card", vpcd.
 */
export const CONTROL = { powerOff: 0, powerOn: 1, reset: 2, askAtr: 4 } as const;

/** Where vpcd listens for the card of its first reader. */
export const VPCD_PORT = 35963;
export const LOOPBACK = "127.0.0.1";

const LENGTH_BYTES = 2;

/** @param body at most 65535 bytes */
export const encodeFrame = (body: Uint8Array): Uint8Array => concatBytes(u16(body.length), body);

export const encodeControl = (control: number): Uint8Array => encodeFrame(Uint8Array.of(control));

/** Puts frames together from what a socket gives; holds no more than one unfinished frame. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  /** @returns the bodies that are whole by now, none if any */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    this.#rest = concatBytes(this.#rest, bytes);
    const bodies: Uint8Array[] = [];
    for (let end = this.#frameEnd(); end <= this.#rest.length; end = this.#frameEnd()) {
      bodies.push(this.#rest.slice(LENGTH_BYTES, end));
      this.#rest = this.#rest.subarray(end);
    }
    return bodies;
  }

  #frameEnd(): number {
    return this.#rest.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + readU16(this.#rest);
  }
}
