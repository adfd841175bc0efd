import { decodeStrictly } from "../charset.ts";
import { bytesElement, parentElement, textElement } from "../element.ts";
import type { Element } from "../element.ts";
import type { Budget } from "../limits.ts";

/** Gathers what stands between a tag and its END: children, or text and opaque data in any number of pieces. */
export class Content {
  readonly children: Element[] = [];
  readonly #charset: string;
  readonly #budget: Budget;
  #text = "";
  #opaque: Uint8Array | undefined;

  constructor(charset: string, budget: Budget) {
    this.#charset = charset;
    this.#budget = budget;
  }

  addString(bytes: Uint8Array): void {
    this.#budget.spendDecoded(bytes.length);
    this.addText(decodeStrictly(bytes, this.#charset));
  }

  addText(text: string): void {
    if (this.#opaque === undefined) this.#text += text;
    else this.#append(Buffer.from(text, "utf8"));
  }

  addOpaque(bytes: Uint8Array): void {
    this.#budget.spendDecoded(bytes.length);
    this.#append(bytes);
  }

  /** Text before, between or behind opaque data becomes its UTF-8. */
  #append(bytes: Uint8Array): void {
    const before = this.#opaque ?? Buffer.from(this.#text, "utf8");
    this.#text = "";
    this.#opaque = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
  }

  toElement(name: string): Element {
    if (this.children.length > 0) return parentElement(name, this.children);
    if (this.#opaque !== undefined) return bytesElement(name, this.#opaque);
    return textElement(name, this.#text);
  }
}
