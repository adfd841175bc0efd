/** What went wrong in the service, by code: what it means, and the exit code of a command that it ends. */
export const BRIDGE_ERRORS = {
  BRIDGE_USAGE: { meaning: "a command or its arguments make no sense", exitCode: 2 },
  BRIDGE_CONFIG: { meaning: "the configuration cannot be used", exitCode: 2 },
  BRIDGE_STORE: { meaning: "the state on disk cannot be read or written", exitCode: 1 },
  BRIDGE_CONVERSION: { meaning: "an item cannot be converted", exitCode: 1 },
  BRIDGE_BUSY: { meaning: "another process or sync holds what is needed", exitCode: 1 },
  BRIDGE_NOT_FOUND: { meaning: "there is no such user, card, database or item", exitCode: 1 },
  BRIDGE_REFUSED: { meaning: "the operator's consent is missing", exitCode: 1 },
} as const;

export type BridgeErrorCode = keyof typeof BRIDGE_ERRORS;

/**
 * The only exception that src/ throws on its own account. `userMessage` is one plain sentence for the operator:
 * it says what to do next, and holds no personal data, password or PIN.
 */
export class BridgeError extends Error {
  readonly code: BridgeErrorCode;
  readonly userMessage: string;
  readonly luid: string | undefined;
  readonly property: string | undefined;

  constructor(
    code: BridgeErrorCode,
    userMessage: string,
    options: {
      readonly cause?: unknown;
      readonly luid?: string;
      readonly property?: string;
    } = {},
  ) {
    super(`${code}: ${userMessage}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "BridgeError";
    this.code = code;
    this.userMessage = userMessage;
    this.luid = options.luid;
    this.property = options.property;
  }
}
