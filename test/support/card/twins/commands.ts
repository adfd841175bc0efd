import { concatBytes, fromHex, u16, u32 } from "../../../../card/apdu/bytes.ts";
import { AID } from "../../../../card/commands/select.ts";
import { peer } from "../virtual.ts";
import { type Memory, NEVER } from "./memory.ts";
import type { Flaw, Step } from "./steps.ts";

type StepOf<Name extends Step["do"]> = Extract<Step, { readonly do: Name }>;
type Head = readonly [cla: number, ins: number, p1: number, p2: number];

const EMPTY = new Uint8Array();

/** @param le 256 is the byte 00; -1 is none */
const apdu = (head: Head, data: Uint8Array = EMPTY, le = -1): Uint8Array => {
  const body = data.length > 0 ? [data.length, ...data] : [];
  return Uint8Array.of(...head, ...body, ...(le < 0 ? [] : [le & 0xff]));
};

const SELECT = apdu([0x00, 0xa4, 0x04, 0x00], AID, 256);
const LIST_DATABASES = apdu([0x80, 0x10, 0, 0], EMPTY, 256);

const chain = (step: StepOf<"write">, memory: Memory): readonly Uint8Array[] => {
  const { kind, db, segment, flaw } = step;
  const data = dataOf(step, memory);
  const segments: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += segment) {
    const isLast = at + segment >= data.length;
    const cla = isLast && flaw !== "notEnded" ? 0x80 : 0x90;
    const head = [cla, 0x18, db, kind | step.p2Bits] as const;
    segments.push(apdu(head, data.subarray(at, at + segment), isLast ? 256 : -1));
  }
  const between = BETWEEN[flaw];
  if (!between || segments.length < 2) return segments;
  return [...segments.slice(0, 1), between, ...segments.slice(1)];
};

/** What no card could take is refused at the first segment, so there is no need to send all of it. */
const MOST_SENT_BYTES = 3000;

const dataOf = (step: StepOf<"write">, memory: Memory): Uint8Array => {
  const { kind, type, length, flaw } = step;
  const which =
    kind === 0 ? EMPTY : concatBytes(u32(memory.id(step.db, step.id)), u32(memory.ifCsn(step)));
  const extra = (flaw === "tooLong" ? 1 : 0) - (flaw === "tooShort" ? 1 : 0);
  const sent = Math.max(0, Math.min(length, MOST_SENT_BYTES) + extra);
  const content = new Uint8Array(sent).map((_, at) => at * 7 + type);
  const whole = concatBytes(which, Uint8Array.of(type), u16(length), content);
  return flaw === "halfHead" ? whole.subarray(0, 1 + (type % 10)) : whole;
};

/** What comes between the first segment of a chain and the next. */
const BETWEEN: Partial<Record<Flaw, Uint8Array>> = {
  interrupted: LIST_DATABASES,
  otherHead: apdu([0x90, 0x18, 1, 0x81], Uint8Array.of(1)),
  restarted: apdu([0x80, 0x18, 1, 0], Uint8Array.of(1, 0, 1, 0x61), 256),
  selected: SELECT,
};

const replaceSecret = (step: StepOf<"replaceSecret">, memory: Memory): Uint8Array => {
  const opening = step.ins === 0x24 && step.ref === 0x81 ? 0x81 : 0x82;
  const proof = memory.secret(opening, step.proof);
  const fresh = new TextEncoder().encode(step.fresh);
  const freshTag = step.isBroken ? 0x82 : 0x81;
  const heads = [Uint8Array.of(0x80, proof.length), Uint8Array.of(freshTag, fresh.length)] as const;
  return apdu([0x00, step.ins, 0, step.ref], concatBytes(heads[0], proof, heads[1], fresh));
};

const tagOf = (n: number): Uint8Array => fromHex(peer(n));

const forgetData = (tag: StepOf<"forget">["tag"]): Uint8Array => {
  if (tag === "all") return EMPTY;
  return tag === "short" ? new Uint8Array(7) : tagOf(tag);
};

const login = (_: unknown, memory: Memory): readonly Uint8Array[] => [
  SELECT,
  apdu([0x00, 0x20, 0, 0x81], memory.pin),
];

const TO_COMMANDS: {
  readonly [Name in Step["do"]]: (step: StepOf<Name>, memory: Memory) => readonly Uint8Array[];
} = {
  reset: () => [],
  select: () => [SELECT],
  login,
  relogin: login,
  databases: () => [LIST_DATABASES],
  raw: ({ bytes }) => [bytes],
  verify: ({ ref, secret }, memory) => [apdu([0x00, 0x20, 0, ref], memory.secret(ref, secret))],
  replaceSecret: (step, memory) => [replaceSecret(step, memory)],
  getData: ({ object, le }) => [apdu([0x00, 0xca, 0xdf, object], EMPTY, le)],
  start: ({ db, tag, flags }) => [apdu([0x80, 0x12, db, flags], tagOf(tag), 256)],
  list: ({ db, mode, object, cursor, le }, memory) => [
    apdu([0x80, 0x14, db, mode], concatBytes(memory.object(db, object), u16(cursor)), le),
  ],
  read: ({ db, ids, offset, le }, memory) => [
    apdu(
      [0x80, 0x16, db, 0],
      concatBytes(u16(offset), ...ids.map((id) => u32(memory.id(db, id)))),
      le,
    ),
  ],
  image: ({ db, cursor, offset, le }) => [
    apdu([0x80, 0x16, db, 1], concatBytes(u16(cursor), u16(offset)), le),
  ],
  write: chain,
  delete: (step, memory) => [
    apdu(
      [0x80, 0x1a, step.db, step.p2Bits],
      concatBytes(u32(memory.id(step.db, step.id)), u32(memory.ifCsn(step))),
    ),
  ],
  touch: ({ db, id }, memory) => [apdu([0x80, 0x1a, db, 1], u32(memory.id(db, id)), 256)],
  commit: ({ db, object }, memory) => [apdu([0x80, 0x1c, db, 0], memory.object(db, object))],
  prepare: ({ db, object }, memory) => [apdu([0x80, 0x1c, db, 1], memory.object(db, object))],
  abort: ({ db, flags }) => [apdu([0x80, 0x1e, db, flags])],
  peers: ({ cursor, le }) => [apdu([0x80, 0x22, 0, 0], Uint8Array.of(cursor), le)],
  forget: ({ db, tag }) => [apdu([0x80, 0x24, db, 0], forgetData(tag))],
  askUuid: () => [apdu([0x00, 0xca, 0xdf, 0x22], EMPTY, 256)],
  wipe: ({ isRight }, memory) => [apdu([0x80, 0x26, 0x57, 0x49], isRight ? memory.uuid : NEVER)],
  label: ({ db, length }) => [apdu([0x80, 0x28, db, 0], new Uint8Array(length).fill(0x61))],
};

/** @returns the commands of a step for the card that this memory is of; none for a reset */
export const toCommands = <Name extends Step["do"]>(
  step: StepOf<Name>,
  memory: Memory,
): readonly Uint8Array[] => {
  const build: (step: StepOf<Name>, memory: Memory) => readonly Uint8Array[] = TO_COMMANDS[step.do];
  return build(step, memory);
};
