/**
 * Why a session with a server came to nothing. `auth`: it does not let us in; `version`: it speaks another version or
 * encoding; `network`: it was not reached; `server`: it refused or broke the protocol; `stopped`: we were asked to stop.
 */
export type ClientFailureCode = "auth" | "version" | "network" | "server" | "stopped";

/** Ends a session with a server. The message is one sentence for the operator, without anything that was exchanged. */
export class ClientFailure extends Error {
  readonly code: ClientFailureCode;

  constructor(
    code: ClientFailureCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "ClientFailure";
    this.code = code;
  }

  /** Whether it may go better later, without anybody doing something. */
  get isTemporary(): boolean {
    return this.code === "network" || this.code === "server" || this.code === "stopped";
  }
}
