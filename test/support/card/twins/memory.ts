import { fromHex, readU32, toHex } from "../../../../card/apdu/bytes.ts";
import { decodeTlvs } from "../../../../card/apdu/tlv.ts";
import { PIN, PUK, text } from "../virtual.ts";
import type { IdRef, ObjectRef, Secret, Step } from "./steps.ts";

export const EVERYTHING = new Uint8Array(8);
export const NEVER = new Uint8Array(8).fill(0xff);

const OBJECT_TAGS: ReadonlyMap<number, string> = new Map([
  [0x80, "current"],
  [0x84, "previous"],
  [0x85, "pending"],
  [0x81, "proposed"],
]);

/** What a host remembers of one card: what it drew, the records that were made on it, its secrets. */
export class Memory {
  /** Objects, uuids and epochs in hexadecimal, in the order in which they were first seen. */
  readonly #drawn: string[] = [];
  readonly #objects = new Map<string, Uint8Array>();
  readonly #live: Known[] = [];
  readonly #deleted: Known[] = [];
  readonly #csns = new Map<number, number>();
  #uuid: Uint8Array = NEVER;
  #pin = PIN;
  #puk = PUK;

  get uuid(): Uint8Array {
    return this.#uuid;
  }

  get pin(): Uint8Array {
    return text(this.#pin);
  }

  secret(ref: number, secret: Secret): Uint8Array {
    if (secret === "right") return text(ref === 0x82 ? this.#puk : this.#pin);
    return text({ wrong: "99999", short: "123", long: "12345678901234567", none: "" }[secret]);
  }

  object(db: number, ref: ObjectRef): Uint8Array {
    if (ref === "everything") return EVERYTHING;
    if (ref === "never") return NEVER;
    if (typeof ref === "string") return this.#objects.get(`${String(db)} ${ref}`) ?? NEVER;
    return fromHex(this.#drawn[ref.drawn] ?? toHex(NEVER));
  }

  id(db: number, ref: IdRef): number {
    if ("id" in ref) return ref.id;
    const known = (ref.isLive ? this.#live : this.#deleted).filter((record) => record.db === db);
    return known.at(-1 - (ref.latest % Math.max(1, known.length)))?.id ?? 77;
  }

  ifCsn(step: {
    readonly db: number;
    readonly id: IdRef;
    readonly ifCsn: "any" | "right" | "wrong";
  }): number {
    if (step.ifCsn === "any") return 0;
    const csn = this.#csns.get(this.id(step.db, step.id)) ?? 1;
    return step.ifCsn === "right" ? csn : csn + 1;
  }

  /** @returns a name that the twin's number has, too */
  nameOf(random: Uint8Array): string {
    const hex = toHex(random);
    if (!this.#drawn.includes(hex)) this.#drawn.push(hex);
    return `<${String(this.#drawn.indexOf(hex))}>`;
  }

  /** @param data of an answer 9000 to START, named */
  learnObjects(db: number, data: Uint8Array): string {
    const named = (decodeTlvs(data) ?? []).map(({ tag, value }) => {
      const name = OBJECT_TAGS.get(tag);
      if (!name) return `${tag.toString(16)}:${toHex(value)}`;
      this.#objects.set(`${String(db)} ${name}`, value);
      return `${name}:${this.nameOf(value)}`;
    });
    return named.join(" ");
  }

  /** @param data of an answer 9000 to GET DATA 22, named */
  learnIdentity(data: Uint8Array): string {
    this.#uuid = data.slice(0, 8);
    return `${this.nameOf(this.#uuid)} ${this.nameOf(data.slice(8))}`;
  }

  /** @param data of an answer 9000 to the last command of a step */
  learn(step: Step, data: Uint8Array): void {
    if (step.do === "write" && data.length === 6) this.#learnWrite(step, readU32(data));
    if (step.do === "touch") this.#csns.set(this.id(step.db, step.id), readU32(data));
    if (step.do === "delete") move(this.#live, this.#deleted, step.db, this.id(step.db, step.id));
    if (step.do === "replaceSecret" && step.ref === 0x81) this.#pin = step.fresh;
    if (step.do === "replaceSecret" && step.ref === 0x82) this.#puk = step.fresh;
  }

  #learnWrite(step: Extract<Step, { readonly do: "write" }>, csn: number): void {
    const id = step.kind === 0 ? csn : this.id(step.db, step.id);
    if (step.kind !== 1) move(this.#deleted, this.#live, step.db, id);
    this.#csns.set(id, csn);
  }
}

interface Known {
  readonly db: number;
  readonly id: number;
}

const move = (from: Known[], to: Known[], db: number, id: number): void => {
  const at = from.findIndex((record) => record.db === db && record.id === id);
  if (at >= 0) from.splice(at, 1);
  to.push({ db, id });
};
