/**
 * A short command of ISO 7816-4. `data` empty: no Lc (cases 1 and 2). `le` absent: no answer is expected (1 and 3);
 * 1..256 otherwise, 256 being the byte 00.
 */
export interface CommandApdu {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  readonly le?: number;
}

/** CLA bit 5: this is a segment of a command and not its last. ISO 7816-4, 5.1.1.1. */
export const CHAINING_BIT = 0x10;

/** @param command with at most 255 bytes of data */
export const encodeCommand = (command: CommandApdu): Uint8Array => {
  const { cla, ins, p1, p2, data, le } = command;
  const body = data.length === 0 ? [] : [data.length, ...data];
  return Uint8Array.of(cla, ins, p1, p2, ...body, ...(le === undefined ? [] : [le & 0xff]));
};

/** @returns the command, or undefined where the bytes are no short APDU (an extended one included) */
export const decodeCommand = (bytes: Uint8Array): CommandApdu | undefined => {
  if (bytes.length < 4) return undefined;
  const third = bytes[4];
  const head = headOf(bytes);
  if (third === undefined) return { ...head, data: new Uint8Array() };
  if (bytes.length === 5) return { ...head, data: new Uint8Array(), le: third === 0 ? 256 : third };
  const le = bytes[5 + third];
  if (third === 0 || bytes.length < 5 + third || bytes.length > 6 + third) return undefined;
  const data = bytes.slice(5, 5 + third);
  return le === undefined ? { ...head, data } : { ...head, data, le: le === 0 ? 256 : le };
};

const headOf = ([cla = 0, ins = 0, p1 = 0, p2 = 0]: Uint8Array): Omit<CommandApdu, "data"> => ({
  cla,
  ins,
  p1,
  p2,
});
