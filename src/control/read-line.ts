import type { Socket } from "node:net";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";

const NEWLINE = 0x0a;

/**
 * Reads one line of JSON.
 * @returns the value as unknown data; undefined where the other side closes without a word
 * @throws BridgeError BRIDGE_USAGE if it is too long, cut, or no JSON
 */
export async function readLine(socket: Socket): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of stream) {
    const end = chunk.indexOf(NEWLINE);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    length += chunk.length;
    if (length > LIMITS.controlLineBytes) throw broken("too long");
    if (end >= 0) return parse(Buffer.concat(chunks).toString("utf8"));
  }
  if (length > 0) throw broken("cut off");
  return undefined;
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
