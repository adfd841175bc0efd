import type { Writable } from "node:stream";

/** Shows how far something is, on a terminal only: a log file has no use for it. */
export interface ProgressLine {
  /** Takes the place of what was shown before. */
  readonly show: (text: string) => void;
  /** Leaves an empty line to whoever prints next. */
  readonly clear: () => void;
}

const ERASE_LINE = "\r\u001b[2K";
/** A line that wraps could not be erased. */
const WIDTH = 79;

export function progressOn(stream: Writable & { readonly isTTY?: boolean }): ProgressLine {
  if (stream.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  return {
    show: (text) => stream.write(`${ERASE_LINE}${text.slice(0, WIDTH)}`),
    clear: () => stream.write(ERASE_LINE),
  };
}
