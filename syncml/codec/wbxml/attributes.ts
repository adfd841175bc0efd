import { GLOBAL } from "../../spec/wbxml.ts";
import type { Cursor } from "./cursor.ts";

/** How to pass over what follows each global token in an attribute list; any other token stands alone. */
const SKIPS: Readonly<Record<number, (cursor: Cursor) => void>> = {
  [GLOBAL.switchPage]: (cursor) => cursor.byte(),
  [GLOBAL.entity]: (cursor) => cursor.multiByteInt(),
  [GLOBAL.strI]: (cursor) => cursor.takeToZero(),
  [GLOBAL.literal]: (cursor) => cursor.multiByteInt(),
  [GLOBAL.strT]: (cursor) => cursor.multiByteInt(),
  [GLOBAL.opaque]: (cursor) => cursor.take(cursor.multiByteInt()),
  [GLOBAL.extI]: (cursor) => cursor.takeToZero(),
  [GLOBAL.extI + 1]: (cursor) => cursor.takeToZero(),
  [GLOBAL.extI + 2]: (cursor) => cursor.takeToZero(),
  [GLOBAL.extT]: (cursor) => cursor.multiByteInt(),
  [GLOBAL.extT + 1]: (cursor) => cursor.multiByteInt(),
  [GLOBAL.extT + 2]: (cursor) => cursor.multiByteInt(),
};

/**
 * Passes over an attribute list or a processing instruction, up to and with its END.
 * Quirk(Nokia N9, E-series): the namespace as an attribute whose name is a literal of an empty string table; nothing is
 * resolved here, so that does no harm.
 */
export const skipAttributes = (cursor: Cursor): void => {
  for (;;) {
    const token = cursor.byte();
    if (token === GLOBAL.end) return;
    SKIPS[token]?.(cursor);
  }
};
