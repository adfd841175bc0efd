import { concatBytes, u16, u32 } from "../../../../card/apdu/bytes.ts";
import { encodeCommand } from "../../../../card/apdu/command-apdu.ts";
import { encodeSecretPair } from "../../../../card/commands/secrets.ts";
import { AID } from "../../../../card/commands/select.ts";
import type { Dice } from "./dice.ts";
import type { Pool } from "./pool.ts";

/** Who sends the commands. */
export interface Sender {
  /** The right secrets as bytes; absent for an intruder, who has to guess. */
  readonly pin?: Uint8Array;
  readonly puk?: Uint8Array;
}

/** Makes the commands of one call, more than one for a chain. */
type Draw = (dice: Dice, pool: Pool, sender: Sender) => readonly Uint8Array[];

const one = (
  [cla, ins, p1, p2]: readonly [number, number, number, number],
  data: Uint8Array = new Uint8Array(),
  le: number | "none" = 256,
): readonly Uint8Array[] => [
  encodeCommand({ cla, ins, p1, p2, data, ...(le === "none" ? {} : { le }) }),
];

const db = (dice: Dice): number => (dice.isLucky(0.8) ? 1 : 1 + dice.below(4));
const tag = (dice: Dice): Uint8Array => new Uint8Array(8).fill(1 + dice.below(20));
const nobody = (dice: Dice): number => (dice.isLucky(0.3) ? 0x80 : 0);
const guess = (dice: Dice): Uint8Array => dice.bytes(4 + dice.below(13));
const secret = (dice: Dice, right: Uint8Array | undefined): Uint8Array =>
  right !== undefined && dice.isLucky(0.85) ? right : guess(dice);
const pair = (dice: Dice, proof: Uint8Array | undefined): Uint8Array =>
  encodeSecretPair({ proof: secret(dice, proof), fresh: guess(dice) });

const SEGMENT_BYTES = 247;

/** A write of up to three segments; the content's length is mostly small. */
const write = (dice: Dice, pool: Pool, p2: number): readonly Uint8Array[] => {
  const length = dice.isLucky(0.8) ? dice.below(150) : dice.below(700);
  const head = p2 === 0 ? [] : [u32(pool.id(dice)), u32(0)];
  const body = concatBytes(...head, Uint8Array.of(1), u16(length), dice.bytes(length));
  const [database, flags] = [db(dice), p2 | nobody(dice)];
  const segments: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += SEGMENT_BYTES) {
    const isLast = at + SEGMENT_BYTES >= body.length;
    const part = body.subarray(at, at + SEGMENT_BYTES);
    segments.push(...one([isLast ? 0x80 : 0x90, 0x18, database, flags], part));
  }
  return segments;
};

const cursor = (dice: Dice, pool: Pool): number =>
  dice.isLucky(0.7) ? 0 : dice.isLucky(0.5) ? pool.cursor : dice.below(60);

const shortLe = (dice: Dice): number => (dice.isLucky(0.7) ? 256 : 1 + dice.below(255));

/** Every command of PROTOCOL.md section 2 with a weight. */
const DRAWS: readonly (readonly [weight: number, draw: Draw])[] = [
  [3, () => one([0x00, 0xa4, 0x04, 0x00], AID)],
  [8, (dice, _, { pin }) => one([0x00, 0x20, 0, 0x81], secret(dice, pin), "none")],
  [1, () => one([0x00, 0x20, 0, 0x81], new Uint8Array(), "none")],
  [1, (dice, _, { puk }) => one([0x00, 0x20, 0, 0x82], secret(dice, puk), "none")],
  [1, (dice, _, { pin }) => one([0x00, 0x24, 0, 0x81], pair(dice, pin), "none")],
  [1, (dice, _, { puk }) => one([0x00, 0x24, 0, 0x82], pair(dice, puk), "none")],
  [1, (dice, _, { puk }) => one([0x00, 0x2c, 0, 0x81 + dice.below(2)], pair(dice, puk), "none")],
  [5, (dice) => one([0x00, 0xca, 0xdf, 0x20 + dice.below(5)])],
  [2, () => one([0x80, 0x10, 0, 0])],
  [9, (dice) => one([0x80, 0x12, db(dice), dice.isLucky(0.5) ? 2 : 0], tag(dice))],
  [
    8,
    (dice, pool) => {
      const object = dice.isLucky(0.4) ? new Uint8Array(8) : pool.object(dice);
      const data = concatBytes(object, u16(cursor(dice, pool)));
      return one([0x80, 0x14, db(dice), dice.below(2)], data, shortLe(dice));
    },
  ],
  [
    6,
    (dice, pool) => {
      const ids = Array.from({ length: 1 + dice.below(6) }, () => u32(pool.id(dice)));
      const offset = dice.isLucky(0.7) ? 0 : dice.below(300);
      return one([0x80, 0x16, db(dice), 0], concatBytes(u16(offset), ...ids), shortLe(dice));
    },
  ],
  [
    4,
    (dice, pool) => {
      const data = concatBytes(
        u16(cursor(dice, pool)),
        u16(dice.isLucky(0.8) ? 0 : dice.below(300)),
      );
      return one([0x80, 0x16, db(dice), 1], data, shortLe(dice));
    },
  ],
  [14, (dice, pool) => write(dice, pool, 0)],
  [10, (dice, pool) => write(dice, pool, 1)],
  [7, (dice, pool) => write(dice, pool, 2)],
  [
    9,
    (dice, pool) =>
      one([0x80, 0x1a, db(dice), nobody(dice)], concatBytes(u32(pool.id(dice)), u32(0))),
  ],
  [4, (dice, pool) => one([0x80, 0x1a, db(dice), 1], u32(pool.id(dice)))],
  [8, (dice, pool) => one([0x80, 0x1c, db(dice), 0], pool.object(dice))],
  [5, (dice, pool) => one([0x80, 0x1c, db(dice), 1], pool.object(dice))],
  [2, (dice) => one([0x80, 0x1e, db(dice), dice.below(2)])],
  [3, (dice) => one([0x80, 0x22, 0, 0], Uint8Array.of(dice.isLucky(0.7) ? 0 : dice.below(20)))],
  [1, (dice) => one([0x80, 0x24, db(dice), 0], dice.isLucky(0.8) ? tag(dice) : new Uint8Array())],
  [0.3, (_, pool) => one([0x80, 0x26, 0x57, 0x49], pool.uuid)],
  [2, (dice) => one([0x80, 0x28, db(dice), 0], dice.bytes(dice.below(33)))],
];

const TOTAL = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

/** @returns a right call: most of what it names the card has named before */
export const drawCall: Draw = (dice, pool, sender) => {
  let left = dice.below(TOTAL * 10) / 10;
  for (const [weight, draw] of DRAWS) {
    left -= weight;
    if (left < 0) return draw(dice, pool, sender);
  }
  return one([0x00, 0xa4, 0x04, 0x00], AID);
};

/** @returns SELECT and VERIFY */
export const opening = ({ pin = NOBODYS }: Sender): readonly Uint8Array[] => [
  ...one([0x00, 0xa4, 0x04, 0x00], AID),
  ...one([0x00, 0x20, 0, 0x81], pin, "none"),
];

/** @returns an UNBLOCK that leaves the PIN as it is */
export const unblocking = ({ pin = NOBODYS, puk = NOBODYS }: Sender): readonly Uint8Array[] =>
  one([0x00, 0x2c, 0, 0x81], encodeSecretPair({ proof: puk, fresh: pin }), "none");

/** A secret that no card has. */
const NOBODYS = new Uint8Array(16);

/** What may befall one command of a call. */
const MUTATIONS: readonly ((dice: Dice, command: Uint8Array) => Uint8Array)[] = [
  (dice, command) => replaced(command, dice.below(command.length), dice.below(256)),
  (dice, command) => flipped(command, dice.below(command.length), 1 << dice.below(8)),
  (dice, command) => flipped(command, dice.below(4), 1 << dice.below(8)),
  (dice, command) => flipped(command, 0, 0x10),
  (dice, command) => replaced(command, 4, dice.below(256)),
  (dice, command) => command.slice(0, dice.below(command.length)),
  (dice, command) => concatBytes(command, dice.bytes(1 + dice.below(20))),
  (dice) => dice.bytes(dice.below(300)),
  (dice, command) => {
    const at = 5 + dice.below(Math.max(1, command.length - 5));
    return concatBytes(command.subarray(0, at), dice.bytes(dice.below(command.length - at + 1)));
  },
];

const replaced = (command: Uint8Array, at: number, byte: number): Uint8Array =>
  command.map((old, index) => (index === at ? byte : old));
const flipped = (command: Uint8Array, at: number, bits: number): Uint8Array =>
  command.map((old, index) => (index === at ? old ^ bits : old));

/** @returns the call with a command changed, left out or doubled */
export const mutate = (dice: Dice, call: readonly Uint8Array[]): readonly Uint8Array[] => {
  const at = dice.below(call.length);
  const command = call[at] ?? new Uint8Array();
  const kind = dice.below(MUTATIONS.length + 2);
  const mutated = MUTATIONS[kind]?.(dice, command);
  if (mutated) return call.with(at, mutated);
  return kind === MUTATIONS.length
    ? [...call.slice(0, at), ...call.slice(at + 1)]
    : [...call.slice(0, at), command, ...call.slice(at)];
};
