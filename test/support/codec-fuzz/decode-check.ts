import { isDeepStrictEqual } from "node:util";
import {
  DEFAULT_DECODE_LIMITS,
  decodeDevInf,
  decodeMessage,
  encodeMessage,
  SyncmlError,
} from "../../../syncml/index.ts";
import type { Message } from "../../../syncml/index.ts";
import { Budget } from "../../../syncml/codec/limits.ts";

/** What a decoder built: elements, and text or opaque data (UTF-16 units or bytes). */
interface Work {
  elements: number;
  decoded: number;
}

/** A rule of the decoders that an input breaks; `input` has the bytes. */
export class BrokenRule extends Error {
  constructor(rule: string, input: Buffer, cause?: unknown) {
    super(`${rule}\ninput (base64): ${input.toString("base64")}`, { cause });
    this.name = "BrokenRule";
  }
}

/** Counts what `run` takes out of its budgets. The counters are the decoders' own, so no clock is asked. */
const counting = <T>(run: () => T): { readonly result: T; readonly work: Work } => {
  const work = { elements: 0, decoded: 0 };
  const own = Object.getOwnPropertyDescriptors(Budget.prototype);
  const spendElement = own.spendElement.value as (this: Budget, depth: number) => void;
  const spendDecoded = own.spendDecoded.value as (this: Budget, size: number) => void;
  Budget.prototype.spendElement = function (depth) {
    work.elements += 1;
    spendElement.call(this, depth);
  };
  Budget.prototype.spendDecoded = function (size) {
    work.decoded += size;
    spendDecoded.call(this, size);
  };
  try {
    return { result: run(), work };
  } finally {
    Object.defineProperties(Budget.prototype, own);
  }
};

/** @returns undefined where it is refused as the standard errors say */
const typed = <T>(run: () => T, fault: SyncmlError["fault"], input: Buffer): T | undefined => {
  try {
    return run();
  } catch (error) {
    if (error instanceof SyncmlError && error.fault === fault) return undefined;
    throw new BrokenRule(`an error that is no SyncmlError (${fault})`, input, error);
  }
};

/** An element takes a byte at least; a string of the table may be named again by two bytes. */
const checkWork = (work: Work, input: Buffer): void => {
  const { maxDecoded } = DEFAULT_DECODE_LIMITS;
  const longest = Math.min(maxDecoded + input.length, input.length * input.length);
  if (work.elements > input.length || work.decoded > longest) {
    throw new BrokenRule(`${JSON.stringify(work)} for ${String(input.length)} bytes`, input);
  }
};

/** Whether each value of `less` stands in `more` too, at the same place. */
const isWithin = (less: unknown, more: unknown): boolean => {
  if (typeof less !== "object" || less === null || less instanceof Uint8Array) {
    return isDeepStrictEqual(less, more);
  }
  if (typeof more !== "object" || more === null || Array.isArray(less) !== Array.isArray(more)) {
    return false;
  }
  if (Array.isArray(less) && Array.isArray(more) && less.length !== more.length) return false;
  const values = new Map(Object.entries(more));
  return Object.entries(less).every(([key, value]) => isWithin(value, values.get(key)));
};

/** A message of 1.2 stays as it is. An older one that used what came later loses that, and nothing else. */
const isKept = ({ isVersionUnknown, ...before }: Message, after: Message): boolean =>
  before.version === "1.2" || isVersionUnknown === true
    ? isDeepStrictEqual(after, before)
    : isWithin(after, before);

/**
 * Decodes any bytes as a message and as DevInf, and says again what was understood.
 * @returns whether they are a message
 * @throws BrokenRule for another error than the peer's SyncmlError, more work than the input is worth, or a message
 *   that is another one once encoded and decoded
 */
export const checkDecoders = (input: Buffer): boolean => {
  const decode = (bytes: Uint8Array): ReturnType<typeof decodeMessage> =>
    decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS);
  const { result: decoded, work } = counting(() => typed(() => decode(input), "remote", input));
  checkWork(work, input);
  const devInf = counting(() =>
    typed(() => decodeDevInf(input, DEFAULT_DECODE_LIMITS), "remote", input),
  );
  checkWork(devInf.work, input);
  if (decoded === undefined) return false;
  const again = typed(() => encodeMessage(decoded.message, decoded.encoding), "local", input);
  if (again !== undefined && !isKept(decoded.message, decode(again).message)) {
    throw new BrokenRule("decodes to another message once encoded", input);
  }
  return true;
};
