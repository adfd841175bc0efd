import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { z } from "zod";
import { BridgeError } from "../errors.ts";
import { describeFailure } from "./failure.ts";
import { type OperationName, type Operations, OPERATIONS } from "./operations.ts";
import { formatLine, readLine } from "./read-line.ts";
import { socketPath } from "./socket-path.ts";

export interface ControlSocket {
  /** Lets running operations end, takes no new one, and removes the socket. */
  close(): Promise<void>;
}

const requestSchema = z.strictObject({
  operation: z.enum(Object.keys(OPERATIONS) as OperationName[]),
  arguments: z.unknown(),
});

/**
 * Lets commands reach the service that holds the folder: one line of JSON `{operation, arguments}` a connection,
 * answered by `{result}` or `{failure}`. Who may connect is who may enter the folder (0700) and open the socket (0600).
 * The caller holds the folder's lock, so a socket that is there already is a dead one's.
 */
export async function openControlSocket(
  dataDir: string,
  operations: Operations,
): Promise<ControlSocket> {
  const running = new Set<Promise<void>>();
  const listening = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    const work = serve(socket, operations, listening).finally(() => running.delete(work));
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
      await Promise.all(running);
      await closed;
      free();
    },
  };
}

/** @param listening sockets whose command has not arrived yet: nothing is lost by closing them */
async function serve(
  socket: Socket,
  operations: Operations,
  listening: Set<Socket>,
): Promise<void> {
  listening.add(socket);
  const line = readLine(socket).finally(() => listening.delete(socket));
  const answer = await line
    .then((request) => perform(request, operations))
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

async function perform(line: unknown, operations: Operations): Promise<unknown> {
  const request = requestSchema.safeParse(line);
  if (!request.success) throw misunderstood(request.error);
  const { operation } = request.data;
  const args = OPERATIONS[operation].safeParse(request.data.arguments);
  if (!args.success) throw misunderstood(args.error);
  const run = operations[operation] as (args: unknown) => Promise<unknown>;
  return run(args.data);
}

const misunderstood = (cause: unknown): BridgeError =>
  new BridgeError(
    "BRIDGE_USAGE",
    "The service does not understand this command: is it of the same version?",
    { cause },
  );
