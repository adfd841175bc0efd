import { sameName } from "../normal/same-name.ts";

/** When an event or task ends can be said in three ways, which exclude each other. */
const ENDS = new Set(["DTEND", "DUE", "DURATION"]);
const END = "DTEND";

/** The name under which lines stand that say the same thing; `block` is the component that they are in. */
export const slotOf = (name: string, block = ""): string =>
  ENDS.has(name) && block !== "VALARM" ? END : sameName(name);
