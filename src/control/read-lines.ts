import type { Socket } from "node:net";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";

const NEWLINE = 0x0a;

/**
 * Reads lines of JSON until the other side closes; each yields its value as unknown data.
 * @throws BridgeError BRIDGE_USAGE if one is too long, cut, or no JSON
 */
export async function* readLines(socket: Socket): AsyncGenerator<unknown, void> {
  let chunks: Buffer[] = [];
  let length = 0;
  const stream = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of stream) {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      checkLength(length + end);
      yield parse(Buffer.concat([...chunks, rest.subarray(0, end)]).toString("utf8"));
      [chunks, length, rest] = [[], 0, rest.subarray(end + 1)];
    }
    chunks.push(rest);
    length += rest.length;
    checkLength(length);
  }
  if (length > 0) throw broken("cut off");
}

function checkLength(length: number): void {
  if (length > LIMITS.controlLineBytes) throw broken("too long");
}

export const formatLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw broken("not JSON", cause);
  }
}

const broken = (what: string, cause?: unknown): BridgeError =>
  new BridgeError("BRIDGE_USAGE", `A line on the control socket is ${what}.`, { cause });
