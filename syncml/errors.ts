/** What went wrong, by code: meaning and the SyncML status that fits it. */
export const SYNCML_ERRORS = {
  SYNCML_MALFORMED: { meaning: "a message is not well-formed or breaks the grammar", status: 400 },
  SYNCML_TOO_LARGE: { meaning: "a message, item or count passes its limit", status: 413 },
  SYNCML_MEDIA_TYPE: { meaning: "the body is neither SyncML XML nor SyncML WBXML", status: 415 },
  SYNCML_UNEXPECTED_COMMAND: { meaning: "a command that does not belong here", status: 406 },
  SYNCML_AUTH: { meaning: "credentials are missing or wrong", status: 401 },
  SYNCML_SESSION: { meaning: "no such session", status: 404 },
  SYNCML_OVERLOADED: { meaning: "too many sessions", status: 503 },
  SYNCML_EXCHANGE: { meaning: "the exchange with the peer broke off", status: 510 },
} as const;

export type SyncmlErrorCode = keyof typeof SYNCML_ERRORS;

/** The only exception that syncml/ throws. `fault` says whose it is: ours (`local`) or the peer's (`remote`). */
export class SyncmlError extends Error {
  readonly code: SyncmlErrorCode;
  readonly fault: "local" | "remote";
  readonly statusHint: number;

  constructor(
    code: SyncmlErrorCode,
    detail: string,
    options: { readonly fault?: "local" | "remote"; readonly cause?: unknown } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "SyncmlError";
    this.code = code;
    this.fault = options.fault ?? "remote";
    this.statusHint = SYNCML_ERRORS[code].status;
  }
}

export const isPeerFault = (error: unknown): boolean =>
  error instanceof SyncmlError && error.fault === "remote";
