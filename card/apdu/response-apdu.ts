import type { StatusWord } from "./status-word.ts";

/** What a card answers: data, possibly empty, and a status word. */
export interface ResponseApdu {
  readonly data: Uint8Array;
  readonly sw: StatusWord;
}

export const encodeResponse = ({ data, sw }: ResponseApdu): Uint8Array => {
  const bytes = new Uint8Array(data.length + 2);
  bytes.set(data);
  bytes[data.length] = sw >>> 8;
  bytes[data.length + 1] = sw & 0xff;
  return bytes;
};

/** @returns the response, or undefined for fewer than two bytes: a torn answer */
export const decodeResponse = (bytes: Uint8Array): ResponseApdu | undefined => {
  const [high, low] = bytes.slice(-2);
  if (high === undefined || low === undefined) return undefined;
  return { data: bytes.slice(0, -2), sw: (high << 8) | low };
};
