import { readU16, toHex } from "../../../../card/apdu/bytes.ts";
import { decodeCommand } from "../../../../card/apdu/command-apdu.ts";
import { decodeSecretPair } from "../../../../card/commands/secrets.ts";
import { PIN_AT, PUK_AT } from "../../../../card/virtual/layout.ts";
import type { VirtualCard } from "../../../../card/virtual/virtual-card.ts";
import { PowerCut } from "../cuttable-nvm.ts";
import type { WatchedNvm } from "./watched-nvm.ts";

const MOST_ANSWER_BYTES = 250;
const TRANSPORT = 0x40;
/** Status words of PROTOCOL.md section 3 that stand alone; 63CX and 6CXX are families. */
const WORDS = new Set([
  0x9000, 0x6310, 0x6700, 0x6883, 0x6884, 0x6982, 0x6983, 0x6984, 0x6985, 0x6986, 0x6a80, 0x6a82,
  0x6a83, 0x6a84, 0x6a86, 0x6a88, 0x6d00, 0x6e00,
]);
/** INS of commands that never write: SELECT, GET DATA, LIST DATABASES, START, LIST, READ, LIST PEERS. */
const READS = new Set([0xa4, 0xca, 0x10, 0x12, 0x14, 0x16, 0x22]);

type Secret = "pin" | "puk";
const TRIES_AT: Readonly<Record<Secret, number>> = { pin: PIN_AT + 1, puk: PUK_AT + 1 };

/** One command and its answer, as far as rules speak of them. */
interface Exchange {
  readonly ins: number;
  readonly p2: number;
  readonly data: Uint8Array;
  readonly le: number | undefined;
  readonly answer: Uint8Array;
  readonly sw: number;
}

/**
 * Watches a card from outside and knows which secrets it was given: what it lets out and what it writes must be what
 * PROTOCOL.md allows. Shares nothing with the card but the decoders of commands.
 */
export class Witness {
  readonly #card: VirtualCard;
  readonly #nvm: WatchedNvm;
  /** More than one where power was cut while the secret was being changed. */
  readonly #secrets: Record<Secret, Set<string>>;
  readonly #isVerified: Record<Secret, boolean> = { pin: false, puk: false };
  #selectInfo: string | undefined;

  constructor(card: VirtualCard, nvm: WatchedNvm, secrets: Readonly<Record<Secret, Uint8Array>>) {
    this.#card = card;
    this.#nvm = nvm;
    this.#secrets = {
      pin: new Set([toHex(secrets.pin)]),
      puk: new Set([toHex(secrets.puk)]),
    };
  }

  /** @returns the secret that is right now; undefined where a cut left it open */
  rightOne(secret: Secret): Uint8Array | undefined {
    const [first, second] = this.#secrets[secret];
    if (first === undefined || second !== undefined) return undefined;
    return new Uint8Array(Buffer.from(first, "hex"));
  }

  /** Power off and on. */
  reset(): void {
    this.#nvm.cutAt(undefined);
    this.#isVerified.pin = this.#isVerified.puk = false;
    const tries = this.#tries();
    this.#card.reset();
    this.#expectNoTryWon(tries, undefined);
    this.#nvm.takeWrites();
  }

  /**
   * @returns the answer, or undefined where power was cut
   * @throws Error where the card breaks a rule
   */
  transmit(command: Uint8Array): Uint8Array | undefined {
    const tries = this.#tries();
    const isTransport = ((this.#nvm.image[PIN_AT] ?? 0) & TRANSPORT) !== 0;
    const answer = this.#answer(command);
    if (answer === undefined) return undefined;
    const exchange = toExchange(command, answer);
    this.#expectForm(exchange);
    const provenSecret = this.#expectRightSecret(exchange, tries);
    this.#expectNoTryWon(tries, provenSecret);
    this.#expectTryLost(exchange, tries);
    this.#expectNothingLeaks(exchange);
    this.#expectAllowedWrites(exchange, isTransport);
    this.#follow(exchange);
    return answer;
  }

  #answer(command: Uint8Array): Uint8Array | undefined {
    try {
      return this.#card.transmit(command);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#noteCut(command);
      this.reset();
      return undefined;
    }
  }

  /** A change of a secret that was cut off: either may be right from now on. */
  #noteCut(command: Uint8Array): void {
    const { ins, p2, data } = toExchange(command, Uint8Array.of(0, 0));
    const fresh = decodeSecretPair(data)?.fresh;
    if (fresh && (ins === 0x24 || ins === 0x2c)) this.#secrets[secretOf(p2)].add(toHex(fresh));
  }

  #tries(): Readonly<Record<Secret, number>> {
    const { image } = this.#nvm;
    return { pin: image[TRIES_AT.pin] ?? 0, puk: image[TRIES_AT.puk] ?? 0 };
  }

  #expectForm({ answer, sw, le }: Exchange): void {
    expectThat(answer.length >= 2 && answer.length <= MOST_ANSWER_BYTES, "an answer's length");
    const isFamily = (sw & 0xfff0) === 0x63c0 || (sw & 0xff00) === 0x6c00;
    expectThat(WORDS.has(sw) || isFamily, `status word ${sw.toString(16)}`);
    const hasData = answer.length > 2;
    expectThat(!hasData || sw === 0x9000 || sw === 0x6310, "data beside an error");
    expectThat(answer.length - 2 <= (le ?? 256), "more than Le");
  }

  /** @returns the secret that this exchange has proved to be known */
  #expectRightSecret(
    exchange: Exchange,
    tries: Readonly<Record<Secret, number>>,
  ): Secret | undefined {
    const given = givenSecret(exchange);
    if (given === undefined || exchange.sw !== 0x9000) return undefined;
    expectThat(this.#secrets[given.of].has(toHex(given.value)), `a wrong ${given.of} is taken`);
    expectThat(tries[given.of] > 0, `a blocked ${given.of} is taken`);
    this.#secrets[given.of] = new Set([toHex(given.value)]);
    return given.of;
  }

  #expectNoTryWon(before: Readonly<Record<Secret, number>>, proven: Secret | undefined): void {
    const now = this.#tries();
    expectThat(now.puk <= before.puk || proven === "puk", "PUK tries rise");
    expectThat(now.pin <= before.pin || proven !== undefined, "PIN tries rise");
  }

  /** A wrong secret costs a try, and the answer says how many are left. */
  #expectTryLost(exchange: Exchange, before: Readonly<Record<Secret, number>>): void {
    const given = givenSecret(exchange);
    if (given === undefined || (exchange.sw & 0xfff0) !== 0x63c0) return;
    const left = this.#tries()[given.of];
    expectThat(left === before[given.of] - 1, `a wrong ${given.of} costs no try`);
    expectThat(left === (exchange.sw & 0x0f), "63CX names other tries");
  }

  /** Before the PIN there is what tells no card from another: FCI and build, and for WIPE by the PUK the uuid. */
  #expectNothingLeaks({ ins, p2, answer, sw }: Exchange): void {
    if (answer.length === 2) return;
    if (ins === 0xa4) {
      const info = toHex(answer.subarray(0, -3));
      this.#selectInfo ??= info;
      expectThat(info === this.#selectInfo, "SELECT tells one card from another");
      return;
    }
    const isOpen = ins === 0xca && (p2 === 0x23 || (p2 === 0x22 && this.#isVerified.puk));
    expectThat(this.#isVerified.pin || isOpen, `INS ${ins.toString(16)} answers without the PIN`);
    expectThat(sw === 0x9000 || sw === 0x6310, "data beside an error");
  }

  #expectAllowedWrites({ ins, sw }: Exchange, isTransport: boolean): void {
    const { hasWritten, hasWrittenData } = this.#nvm.takeWrites();
    expectThat(!hasWritten || !READS.has(ins), `INS ${ins.toString(16)} writes`);
    if (!hasWrittenData) return;
    const isWipe = ins === 0x26 && sw === 0x9000;
    const { pin, puk } = this.#isVerified;
    expectThat(pin || (isWipe && puk), "a write without the PIN");
    expectThat(!isTransport || isWipe, "a write with the transport PIN");
  }

  /** What the exchange changes in what the card may do next. */
  #follow(exchange: Exchange): void {
    const { ins, p2, sw, data } = exchange;
    const isRight = sw === 0x9000;
    if (ins === 0xa4 && isRight) this.#isVerified.pin = this.#isVerified.puk = false;
    const given = givenSecret(exchange);
    if (given === undefined) return;
    const isTried = isRight || (sw & 0xfff0) === 0x63c0 || sw === 0x6983;
    if (isTried) this.#followTry(ins, p2, isRight);
    const fresh = isRight && ins !== 0x20 ? decodeSecretPair(data)?.fresh : undefined;
    if (fresh) this.#secrets[secretOf(p2)] = new Set([toHex(fresh)]);
  }

  /** VERIFY opens by PIN or PUK, CHANGE of the PIN opens, UNBLOCK of the PIN closes; a wrong try closes. */
  #followTry(ins: number, p2: number, isRight: boolean): void {
    if (ins === 0x20) this.#isVerified[secretOf(p2)] = isRight;
    else if (p2 === 0x81) this.#isVerified.pin = isRight && ins === 0x24;
  }
}

const toExchange = (command: Uint8Array, answer: Uint8Array): Exchange => {
  const apdu = decodeCommand(command);
  return {
    ins: apdu?.ins ?? 0,
    p2: apdu?.p2 ?? 0,
    data: apdu?.data ?? new Uint8Array(),
    le: apdu?.le,
    answer,
    sw: readU16(answer, answer.length - 2),
  };
};

const secretOf = (p2: number): Secret => (p2 === 0x81 ? "pin" : "puk");

/** @returns which secret a VERIFY, CHANGE or UNBLOCK has to prove, and what it offers; undefined for others */
const givenSecret = ({
  ins,
  p2,
  data,
}: Exchange): { readonly of: Secret; readonly value: Uint8Array } | undefined => {
  if (ins === 0x20 && data.length > 0) return { of: secretOf(p2), value: data };
  if (ins !== 0x24 && ins !== 0x2c) return undefined;
  const proof = decodeSecretPair(data)?.proof;
  return proof && { of: ins === 0x24 && p2 === 0x81 ? "pin" : "puk", value: proof };
};

/** @throws Error with the rule that is broken */
export const expectThat = (isTrue: boolean, rule: string): void => {
  if (!isTrue) throw new Error(rule);
};
