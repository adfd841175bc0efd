/** Canonical text of a note: LF line ends; everything else as it was written. */
export const normalNote = (text: string): string => text.replace(/\r\n?/g, "\n");

/** The first line that is not blank, without surrounding blanks; "" if there is none. */
export const firstLine = (text: string): string => /\S[^\n]*/.exec(text)?.[0].trim() ?? "";
