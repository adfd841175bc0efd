/** Lc of a command that is not chained, bytes: Lc + head + Le stay within one T=1 block of 254. */
export const MAX_COMMAND_BYTES = 248;
/** Lc of one segment of a chained command, bytes. */
export const MAX_SEGMENT_BYTES = 247;
/** Data of one response, bytes. */
export const MAX_RESPONSE_BYTES = 248;
/** Content of one record, bytes: READ's offset of 16 bits also counts the 7 bytes of the head. */
export const MAX_RECORD_BYTES = 65_528;

export const PIN_BYTES = { min: 4, max: 16 } as const;
export const PIN_TRIES = 3;
export const PUK_TRIES = 10;
/** A database's label, bytes of UTF-8. */
export const MAX_LABEL_BYTES = 31;
