import type { ErrorRequestHandler } from "express";
import type { Logger } from "pino";
import { BridgeError } from "../errors.ts";

/** An answer other than 200, on purpose. `message` is for the peer to read. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
  }
}

const INTERNAL_ERROR = 500;
const UNAVAILABLE = 503;

/** What a peer may know of a status that no message of ours goes with. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is malformed.",
  404: "There is no such session.",
  413: "The message is too large.",
  415: "This is neither SyncML XML nor SyncML WBXML, or in an encoding that is not understood.",
  500: "Something went wrong here; the log knows more.",
  503: "Busy; try again later.",
};

/** The one place where errors of the HTTP edge become answers. What is our fault is logged; its details stay here. */
export function answerError(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const status = statusOf(error);
    if (status >= INTERNAL_ERROR) log.error({ err: error, path: request.path }, "request failed");
    if (response.headersSent) {
      next(error);
      return;
    }
    if (status === UNAVAILABLE) response.set("Retry-After", "10");
    const text = error instanceof HttpError ? error.message : (MEANINGS[status] ?? "Refused.");
    response.status(status).type("text/plain").send(`${text}\n`);
  };
}

/** Express and its body parser set `status`. */
function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof BridgeError && error.code === "BRIDGE_BUSY") return UNAVAILABLE;
  return httpStatus(error instanceof Error && "status" in error ? error.status : undefined);
}

const httpStatus = (status: unknown): number =>
  typeof status === "number" && status >= 400 && status < 600 && status in MEANINGS
    ? status
    : INTERNAL_ERROR;
