import { SW } from "../apdu/status-word.ts";
import { PIN_BYTES, PIN_TRIES, PUK_TRIES } from "../commands/limits.ts";
import { decodeSecretPair } from "../commands/secrets.ts";
import type { SecretPair } from "../commands/secrets.ts";
import { REFERENCE } from "../commands/table.ts";
import type { CardState } from "./card-state.ts";
import { ok } from "./command.ts";
import type { Command, Handler, Reply } from "./command.ts";
import { Refusal } from "./refusal.ts";
import type { SecretCell } from "./secret-cell.ts";

/** PIN (P2 81) or PUK (82), which opens WIPE only. Without data it asks how many tries are left and counts none. */
export const verify: Handler = (card, command) => {
  const isPin = isPinReference(command);
  const cell = isPin ? card.pin : card.puk;
  if (command.data.length === 0) return { data: new Uint8Array(), sw: wrong(cell) };
  expectSecret(command.data);
  setVerified(card, isPin, false);
  expectRight(cell, command.data);
  setVerified(card, isPin, true);
  return ok();
};

/** The old PIN opens the new one; it counts as verified then. */
export const changeReference: Handler = (card, command) => {
  if (isPinReference(command)) {
    const { proof, fresh } = pairOf(command);
    card.isPinVerified = false;
    expectRight(card.pin, proof);
    card.pin.put(fresh, PIN_TRIES);
    card.isPinVerified = true;
    return ok();
  }
  return changePuk(card, command);
};

/** The PUK opens a new PIN (P2 81) or a new PUK (82). The PIN is to be verified again afterwards. */
export const unblock: Handler = (card, command) => {
  if (!isPinReference(command)) return changePuk(card, command);
  const { proof, fresh } = pairOf(command);
  card.isPinVerified = false;
  expectRight(card.puk, proof);
  card.pin.put(fresh, PIN_TRIES);
  return ok();
};

const changePuk = (card: CardState, command: Command): Reply => {
  const { proof, fresh } = pairOf(command);
  expectRight(card.puk, proof);
  card.puk.put(fresh, PUK_TRIES);
  return ok();
};

const isPinReference = ({ p2 }: Command): boolean => {
  if (p2 !== REFERENCE.pin && p2 !== REFERENCE.puk) throw new Refusal(SW.wrongParameters);
  return p2 === REFERENCE.pin;
};

const pairOf = (command: Command): SecretPair => {
  const pair = decodeSecretPair(command.data);
  if (!pair) throw new Refusal(SW.malformedData);
  expectSecret(pair.proof);
  expectSecret(pair.fresh);
  return pair;
};

const expectSecret = ({ length }: Uint8Array): void => {
  if (length < PIN_BYTES.min || length > PIN_BYTES.max) throw new Refusal(SW.wrongLength);
};

const expectRight = (cell: SecretCell, secret: Uint8Array): void => {
  if (cell.triesLeft === 0) throw new Refusal(SW.pinBlocked);
  if (!cell.check(secret)) throw new Refusal(SW.wrongPin | cell.triesLeft);
};

const wrong = ({ triesLeft }: SecretCell): number =>
  triesLeft === 0 ? SW.pinBlocked : SW.wrongPin | triesLeft;

const setVerified = (card: CardState, isPin: boolean, isVerified: boolean): void => {
  if (isPin) card.isPinVerified = isVerified;
  else card.isPukVerified = isVerified;
};
