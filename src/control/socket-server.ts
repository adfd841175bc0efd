import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { z } from "zod";
import { BridgeError } from "../errors.ts";
import { describeFailure } from "./failure.ts";
import {
  type OperationName,
  type OperationRun,
  type Operations,
  OPERATIONS,
} from "./operations.ts";
import { formatLine, readLines } from "./read-lines.ts";
import { socketPath } from "./socket-path.ts";

export interface ControlSocket {
  /** Asks running operations to stop, lets them end, takes no new one, and removes the socket. */
  close(): Promise<void>;
}

const requestSchema = z.strictObject({
  operation: z.enum(Object.keys(OPERATIONS) as OperationName[]),
  arguments: z.unknown(),
});

/**
 * Lets commands reach the service that holds the folder: one line of JSON `{operation, arguments}` a connection, answered
 * by any number of `{progress}` and one `{result}` or `{failure}`. Another line, or the end of the caller, asks the
 * operation to stop. Who may connect is who may enter the folder (0700) and open the socket (0600).
 * The caller holds the folder's lock, so a socket that is there already is a dead one's.
 */
export async function openControlSocket(
  dataDir: string,
  operations: Operations,
): Promise<ControlSocket> {
  const running = new Set<Promise<void>>();
  const listening = new Set<Socket>();
  const closing = new AbortController();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    const work = serve(socket, { operations, listening, closing: closing.signal }).finally(() =>
      running.delete(work),
    );
    running.add(work);
  });
  const { path, free } = socketPath(dataDir);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of listening) socket.destroy();
      closing.abort();
      await Promise.all(running);
      await closed;
      free();
    },
  };
}

interface Service {
  readonly operations: Operations;
  /** Sockets whose command has not arrived yet: nothing is lost by closing them. */
  readonly listening: Set<Socket>;
  readonly closing: AbortSignal;
}

async function serve(socket: Socket, { operations, listening, closing }: Service): Promise<void> {
  listening.add(socket);
  const lines = readLines(socket);
  const answer = await lines
    .next()
    .finally(() => listening.delete(socket))
    .then(({ value }) => perform(value, operations, runOf(socket, lines, closing)))
    .then(
      (result) => ({ result }),
      (error: unknown) => ({ failure: describeFailure(error) }),
    );
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    socket.once("close", () => {
      resolve();
    });
    socket.end(formatLine(answer), () => socket.destroy());
  });
}

function runOf(socket: Socket, lines: AsyncGenerator, closing: AbortSignal): OperationRun {
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort();
  };
  lines.next().then(abort, abort);
  return {
    signal: AbortSignal.any([stop.signal, closing]),
    progress: (text) => {
      if (socket.writable) socket.write(formatLine({ progress: text }));
    },
  };
}

async function perform(line: unknown, operations: Operations, run: OperationRun): Promise<unknown> {
  const request = requestSchema.safeParse(line);
  if (!request.success) throw misunderstood(request.error);
  const { operation } = request.data;
  const args = OPERATIONS[operation].safeParse(request.data.arguments);
  if (!args.success) throw misunderstood(args.error);
  const work = operations[operation] as (args: unknown, run: OperationRun) => Promise<unknown>;
  return work(args.data, run);
}

const misunderstood = (cause: unknown): BridgeError =>
  new BridgeError(
    "BRIDGE_USAGE",
    "The service does not understand this command: is it of the same version?",
    { cause },
  );
