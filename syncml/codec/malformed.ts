import { SyncmlError } from "../errors.ts";

/** The peer's message breaks the grammar. */
export const malformed = (detail: string, cause?: unknown): SyncmlError =>
  new SyncmlError("SYNCML_MALFORMED", detail, { cause });

/** We were asked to write what the encoding or the version cannot carry. */
export const notEncodable = (detail: string): SyncmlError =>
  new SyncmlError("SYNCML_MALFORMED", detail, { fault: "local" });
