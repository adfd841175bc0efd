import { colonIndex } from "./content-line.ts";
import { physicalLines } from "./physical-lines.ts";

/** vCard 2.1 keeps a blank where it folds; vCard 3.0 and iCalendar take it away. */
export type Dialect = "vcard21" | "vcard30" | "icalendar";

const QUOTED_PRINTABLE = /;\s*(?:ENCODING\s*=\s*)?"?QUOTED-PRINTABLE/i;
const BASE64 = /;\s*(?:ENCODING\s*=\s*)?"?(?:BASE64|B)"?\s*(?:;|$)/i;
/** A whole line of base64 data; a property's line has a colon or a semicolon. */
const BASE64_DATA = /^[A-Za-z0-9+/]+={0,2}\s*$/;

type Encoding = "none" | "quotedPrintable" | "base64";

const encodingOf = (line: string): Encoding => {
  if (!line.includes(";")) return "none";
  const head = line.slice(0, Math.max(0, colonIndex(line)));
  if (QUOTED_PRINTABLE.test(head)) return "quotedPrintable";
  return BASE64.test(head) ? "base64" : "none";
};

const isIndented = (line: string): boolean => line.startsWith(" ") || line.startsWith("\t");

/** One logical line that is still growing; parts are joined once, so long values cost linear time. */
class Growing {
  readonly #dialect: Dialect;
  readonly #encoding: Encoding;
  readonly #parts: string[];
  #softBreak: boolean;

  constructor(line: string, dialect: Dialect) {
    this.#dialect = dialect;
    this.#encoding = encodingOf(line);
    this.#parts = [];
    this.#softBreak = false;
    this.#push(line);
  }

  #push(text: string): void {
    this.#softBreak = this.#encoding === "quotedPrintable" && text.endsWith("=");
    this.#parts.push(this.#softBreak ? text.slice(0, -1) : text);
  }

  /** Takes the next physical line if it continues this one. */
  takes(line: string): boolean {
    if (this.#softBreak) this.#push(line);
    else if (isIndented(line)) this.#push(this.#unfold(line));
    else if (this.#encoding === "base64" && BASE64_DATA.test(line)) this.#push(line.trim());
    else return false;
    return true;
  }

  #unfold(line: string): string {
    if (this.#encoding === "base64") return line.trim();
    return this.#dialect === "vcard21" ? line.replace(/^[ \t]+/, " ") : line.slice(1);
  }

  text(): string {
    return this.#parts.join("");
  }
}

/** Undoes folds, soft line breaks and the line breaks of base64, on one char per byte. Blank lines vanish.
 * A fold inside a character is harmless here, because nothing is decoded yet. */
export function logicalLines(byteString: string, dialect: Dialect): readonly string[] {
  const done: string[] = [];
  let growing: Growing | undefined;
  const close = (): void => {
    if (growing !== undefined) done.push(growing.text());
    growing = undefined;
  };
  for (const line of physicalLines(byteString)) {
    if (growing?.takes(line) === true) continue;
    close();
    if (line.trim() !== "") growing = new Growing(line, dialect);
  }
  close();
  return done;
}
