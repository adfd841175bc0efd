/** The part of pino that is used. Nothing of a message's contents, credentials or nonces is ever given to it. */
export interface ServerLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
