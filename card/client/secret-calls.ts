import { SW, triesLeft } from "../apdu/status-word.ts";
import { encodeSecretPair } from "../commands/secrets.ts";
import { REFERENCE } from "../commands/table.ts";
import type { Exchange } from "./exchange.ts";
import type { VerifyOutcome } from "./outcomes.ts";

const WRONG = Array.from({ length: 16 }, (_, tries) => SW.wrongPin | tries);
const ACCEPTED = [...WRONG, SW.pinBlocked];

/** @returns `blocked` also for the answer to the last wrong try */
export const verifyPin = async (exchange: Exchange, pin: string): Promise<VerifyOutcome> => {
  const call = { p2: REFERENCE.pin, data: new TextEncoder().encode(pin) };
  const { sw } = await exchange.sendOk("verify", call, ACCEPTED);
  exchange.isVerified = sw === SW.ok;
  return toOutcome(sw);
};

/** @returns 0 where it is blocked */
export const askTries = async (
  exchange: Exchange,
  reference: keyof typeof REFERENCE,
): Promise<number> => {
  const { sw } = await exchange.sendOk("verify", { p2: REFERENCE[reference] }, ACCEPTED);
  return triesLeft(sw) ?? 0;
};

/** CHANGE (old opens new) or UNBLOCK (PUK opens PIN or PUK). The outcome is that of `proof`. */
export const replaceSecret = async (
  exchange: Exchange,
  name: "changeReference" | "unblock",
  reference: keyof typeof REFERENCE,
  secrets: { readonly proof: string; readonly fresh: string },
): Promise<VerifyOutcome> => {
  const encoder = new TextEncoder();
  const proof = encoder.encode(secrets.proof);
  const fresh = encoder.encode(secrets.fresh);
  const call = { p2: REFERENCE[reference], data: encodeSecretPair({ proof, fresh }) };
  const { sw } = await exchange.sendOk(name, call, ACCEPTED);
  if (reference === "pin") exchange.isVerified = sw === SW.ok && name === "changeReference";
  return toOutcome(sw);
};

const toOutcome = (sw: number): VerifyOutcome => {
  if (sw === SW.ok) return { type: "verified" };
  const left = triesLeft(sw) ?? 0;
  return left > 0 ? { type: "wrong", triesLeft: left } : { type: "blocked" };
};
