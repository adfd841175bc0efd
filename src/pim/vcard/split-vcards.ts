import { physicalLines } from "../content-line/physical-lines.ts";

const BEGIN = /^[ \t]*BEGIN[ \t]*:[ \t]*VCARD[ \t]*$/i;
const END = /^[ \t]*END[ \t]*:[ \t]*VCARD[ \t]*$/i;
const AGENT = /^(?:[\w-]+\.)?AGENT\b/i;

/** The cards of a file as texts of one char per byte, each from BEGIN to END. A card inside AGENT belongs to the card around
 * it; a card that is cut off by the next BEGIN or the file's end is given as far as it goes. */
export function splitVcards(byteString: string): readonly string[] {
  const cards: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  let lastProperty = "";
  const close = (): void => {
    if (lines.length > 0) cards.push(`${lines.join("\r\n")}\r\n`);
    lines = [];
    depth = 0;
  };
  for (const line of physicalLines(byteString)) {
    if (BEGIN.test(line)) {
      if (depth > 0 && !AGENT.test(lastProperty)) close();
      depth += 1;
    }
    if (depth > 0) lines.push(line);
    if (depth > 0 && END.test(line) && (depth -= 1) === 0) close();
    if (line.trim() !== "") lastProperty = line;
  }
  close();
  return cards;
}
