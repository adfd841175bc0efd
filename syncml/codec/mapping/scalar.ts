import { utf8OrUndefined } from "../charset.ts";
import type { Element } from "../element.ts";
import { malformed } from "../malformed.ts";

/** XML whitespace only: a no-break space is content. */
const SPACES = " \t\r\n";

/** Loops, for a regular expression that ends in `+$` is quadratic. */
const trim = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (end > 0 && SPACES.includes(text.charAt(end - 1))) end -= 1;
  while (start < end && SPACES.includes(text.charAt(start))) start += 1;
  return text.slice(start, end);
};

/** Bytes in a text field are its UTF-8; what is not (a raw digest as a nonce) becomes base64. */
export const textOf = (element: Element): string =>
  element.bytes === undefined
    ? element.text
    : (utf8OrUndefined(element.bytes) ?? Buffer.from(element.bytes).toString("base64"));

export const tokenOf = (element: Element): string => trim(textOf(element));

/** @returns undefined where the text is no number up to 15 digits */
export const numberOf = (element: Element): number | undefined => {
  const token = tokenOf(element);
  return /^[0-9]{1,15}$/.test(token) ? Number(token) : undefined;
};

/** @throws SyncmlError SYNCML_MALFORMED for an empty CmdID or "0", which would answer the SyncHdr */
export const cmdIdOf = (element: Element): string => {
  const cmdId = tokenOf(element);
  if (cmdId === "" || cmdId === "0") throw malformed("a CmdID that names no command");
  return cmdId;
};

/** Presence is the claim; a few devices write it out. */
export const flagOf = (element: Element): true | undefined =>
  /^(?:0|false)$/i.test(tokenOf(element)) ? undefined : true;
